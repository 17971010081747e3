"""The documents: which sections each one has and in which order, for which territory it is made, and its files."""

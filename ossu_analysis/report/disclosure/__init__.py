"""What a release may say of few persons: which counts are hidden, how they are hidden, and the proof of it."""

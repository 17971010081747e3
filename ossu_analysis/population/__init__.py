"""How many people, of what sex and age, where and until when."""

"""How long spots are kept, and what becomes of the disk."""

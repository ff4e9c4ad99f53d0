"""Tells the open pages of each spot that was committed."""

"""Spotkeeper: a DX-cluster station on one small host."""

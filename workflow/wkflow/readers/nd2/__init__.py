"""ND2 of Nikon."""

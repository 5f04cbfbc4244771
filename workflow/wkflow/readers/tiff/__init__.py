"""TIFF in all its kinds."""

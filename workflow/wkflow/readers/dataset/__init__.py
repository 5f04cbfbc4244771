"""Stores of arrays in folders: Zarr, N5, precomputed, WKW."""

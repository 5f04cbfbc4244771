"""LIF, LOF and XLIF."""

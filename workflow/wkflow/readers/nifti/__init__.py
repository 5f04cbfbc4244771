"""NIfTI and Analyze."""

"""Files without a header."""

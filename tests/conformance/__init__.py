"""The installed official package is the judge: it reads, compares and continues what we wrote."""

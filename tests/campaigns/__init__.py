"""Long series of whole runs, started by hand: they print counts, and are no tests."""

"""Scripts that measure and print; no test asserts a time."""

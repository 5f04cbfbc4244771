"""Whole runs that upload, against the stand-in: what a person types, and what the server has."""

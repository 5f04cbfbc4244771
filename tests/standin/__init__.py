"""A stand-in for a WEBKNOSSOS server: its HTTP protocol, its checks, and faults on demand."""

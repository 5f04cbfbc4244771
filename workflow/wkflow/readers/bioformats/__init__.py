"""Everything that only Bio-Formats reads, in a process of its own."""

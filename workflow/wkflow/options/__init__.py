"""Every option once: Settings, its groups, and the parsers of their values."""

"""Real files that nobody in this project wrote, each through a whole conversion."""

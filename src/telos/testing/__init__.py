"""Public contract checks for parts, shipped or third-party."""

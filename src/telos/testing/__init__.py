"""Public contract checks for parts, shipped or a stranger's."""

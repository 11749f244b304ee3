"""Oversight: somebody watches, may refuse, interrupt or switch off; one safeguard a file."""

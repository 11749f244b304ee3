"""Estimates from decisions, on plain arrays: nothing here knows of worlds, of text or of Inspect."""

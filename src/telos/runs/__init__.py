"""Runs: a study is laid out as trials, computed chunk by chunk, and written down as a record."""

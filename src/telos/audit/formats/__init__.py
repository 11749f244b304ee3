"""Transcripts from files of other formats than Inspect's; each format is one file."""

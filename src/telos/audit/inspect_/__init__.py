"""Inspect logs as transcripts: the one folder of `telos.audit` that knows Inspect."""

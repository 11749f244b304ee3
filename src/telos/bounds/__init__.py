"""Bounds: one file of effect-level rules, verified in worlds, enforced on agents, replayed over logs."""

"""Restrictions: what an agent is able to do, or to foresee, is made less; one safeguard a file."""

"""Specifications: what an agent is asked to pursue, or how hard, is changed; one safeguard a file."""

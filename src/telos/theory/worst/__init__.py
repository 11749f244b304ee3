"""How the worst goal is found and bounded: states put together, an imitator, programs, and the search."""

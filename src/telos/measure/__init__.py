"""The ruler: what a drive is worth to a goal, how often behavior pursues it, and what chance would do."""

"""The ruler: what a drive is worth to a goal, how often behaviour pursues it, and what chance would do."""

"""One page on which anybody changes the goal and watches the same things become worth wanting."""

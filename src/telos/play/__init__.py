"""One page on which anybody changes the goal and watches the same things become worth wanting."""

from telos.play.page import page_of, write_page

__all__ = ["page_of", "write_page"]

"""One page on which anybody changes the goal and watches the same things become worth wanting."""

from telos.play.bounded import WithinShipped as WithinShipped
from telos.play.notebook import widget as widget
from telos.play.page import page_of as page_of
from telos.play.page import write_page as write_page
from telos.play.placed import pursued_without as pursued_without

"""Cell: the widget that shows a page in a notebook; imported only where anywidget is installed."""

from importlib.resources import files
from typing import Any, final

import anywidget
import traitlets

from telos.core.goals import Goals
from telos.core.world import World
from telos.play.addressed import address_of, goals_of, read_address, state_of
from telos.play.page import page_of
from telos.play.record import Play


@final
class PlayWidget(anywidget.AnyWidget):
    """A page in a cell; made by `telos.play.widget`.

    Args:
        state: what is shown, as `{"setting": 0, "switches": [], "drive": "self_preservation", "discount":
            0.95, "goal": "u17", "seed": 0, "step": 3}`. Assign any part of it; the rest stays.
        address: the same as the page's own address has it.
        program: the lines of Python that make the number of the chosen drive, once the page is shown.
        page: the HTML that the frame holds. height: of the frame, in pixels.
    """

    _esm = files("telos.play").joinpath("page/widget.mjs").read_text(encoding="utf-8")
    page = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(900).tag(sync=True)
    address = traitlets.Unicode().tag(sync=True)
    program = traitlets.Unicode().tag(sync=True)
    state = traitlets.Dict()
    _play: Play
    _world: World

    @classmethod
    def of(cls, play: Play, world: World, height: int) -> "PlayWidget":
        """The widget of a record, and of the world that it shows as it is."""
        made = cls(page=page_of(play), height=height)
        made._play, made._world = play, world
        made.state = {}
        return made

    @property
    def goals(self) -> Goals:
        """The goal that is shown, as one goal of the world as it is."""
        return goals_of(self._play, self._world, self.state["goal"])

    @property
    def play(self) -> Play:
        """What the page knows: names of outcomes, settings, switches, presets and drives in their order."""
        return self._play

    @traitlets.validate("state")
    def _whole(self, proposal: dict[str, Any]) -> dict[str, Any]:
        told = proposal["value"]
        return state_of(self._play, {**self.state, **told} if self.state else told or None)

    @traitlets.validate("address")
    def _known(self, proposal: dict[str, Any]) -> str:
        return address_of(read_address(self._play, proposal["value"]))

    @traitlets.observe("state")
    def _written(self, _: object) -> None:
        self.address = address_of(self.state)

    @traitlets.observe("address")
    def _taken(self, _: object) -> None:
        self.state = read_address(self._play, self.address)

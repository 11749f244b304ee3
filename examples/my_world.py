"""A world of your own in one file, and a study of it: telos run examples/my_world.py"""

from dataclasses import dataclass

from telos import AbstractScenario, Study, World, agents, drives, explore, families


@dataclass(frozen=True)
class Harbor(AbstractScenario):
    """A ship may sail to any of some islands, or stay in the harbor, where it may be scrapped.

    Args:
        islands: how many islands there are.
        scrapping: probability a day that a ship in the harbor is scrapped.
    """

    islands: int = 3
    scrapping: float = 0.2

    def build(self) -> World:
        """The harbor, the islands, and the scrapyard."""
        return explore(
            "harbor", self._moves, features={"off": lambda s: s == "scrapped"}, default="wait"
        )

    def _moves(self, place: str) -> dict[str, object]:
        if place != "harbor":
            return {"wait": place}
        routes = {f"sail {i}": f"island {i}" for i in range(self.islands)}
        return {"wait": {place: 1 - self.scrapping, "scrapped": self.scrapping}, **routes}


STUDY = Study(
    name="harbor",
    question="Whatever a captain wants, does it set sail before the ship is scrapped?",
    scenarios=(Harbor(), Harbor(islands=8)),
    families=(families.Uniform(),),
    agents=(agents.Optimal(), agents.UniformRandom()),
    drives=(drives.SelfPreservation(),),
    discounts=(0.5, 0.9, 0.99),
)

"""Claims about stripping a region for its resources, after Benson-Tilsen and Soares (2016).

A universe of two regions. Home is where something can be built: more with the resources that
stripping the other region yields. The other region can be cared about: left intact it is worth w to
the end of time. As in the paper, utility is a sum over regions and judges only how things end up.
"""

import numpy as np

from telos.core.arrays import Floats, Ints, floats
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.reading import Category
from telos.core.world import World
from telos.drives import ResourceAcquisition
from telos.studies.claims.claim import Claim, farthest
from telos.studies.claims.populations import share, worth_of

DISCOUNTS = (0.5, 0.9, 0.99)
POOR, RICH = ("hut", "well"), ("palace", "harbor", "tower")
#: What a palace is worth more than a hut; a sum of powers of two, so that a tie is a tie.
RESOURCE_GAIN = 0.625
STEP = 1 / 64

Universe = tuple[str, bool]


def _universe() -> World:
    """Strip the region or leave it; then build one thing at home, for ever."""

    def moves(s: Universe) -> dict[str, Universe]:
        place, stripped = s
        if place == "start":
            return {"leave": ("site", False), "strip": ("site", True)}
        if place == "site":
            return {f"build {o}": (o, stripped) for o in POOR + RICH * stripped}
        return {"stay": s}

    return explore(
        ("start", False),
        moves,
        features={"resources": lambda s: s[1]},
        default=lambda s: {"start": "leave", "site": f"build {POOR[0]}"}.get(s[0], "stay"),
    )


def _goals(world: World, home: dict[str, Floats], caring: Floats) -> Goals:
    """Goals that add what stands at home and, where the region is intact, w; the way there counts nothing."""
    reward = np.zeros((len(caring), world.size))
    for place in home:
        reward[:, world.find((place, True))] = home[place]
    for place in POOR:
        reward[:, world.find((place, False))] = home[place] + caring
    return Goals(reward)


def _switch_point() -> float:
    """The caring weight at which stripping stops to pay, found in a sweep; the farthest over discounts."""
    world = _universe()
    caring = floats(np.arange(0.0, 1.0 + STEP, STEP))
    worth = {name: float(name in RICH) * RESOURCE_GAIN for name in POOR + RICH}
    home = {name: floats(np.full(len(caring), value)) for name, value in worth.items()}
    found = []
    for discount in DISCOUNTS:
        problem = Problem(world, _goals(world, home, caring), discount)
        category = worth_of(ResourceAcquisition(), problem).category
        last = caring[category == Category.REQUIRED].max()
        first = caring[category == Category.AVOIDED].min()
        found.append(float((last + first) / 2))
    return farthest(found, RESOURCE_GAIN)


def _random_goals(caring: bool) -> tuple[Floats, Floats, Goals]:
    """(resource gain, caring weight, the goals): 1,000 with iid uniform worths at home.

    The caring weights are uniform on [0, 1]; or all 0, if nobody cares.
    """
    world = _universe()
    rng = np.random.default_rng(0)
    home = {name: floats(rng.uniform(size=1000)) for name in POOR + RICH}
    weight = floats(rng.uniform(size=1000) * caring)
    gain = np.max(list(home.values()), axis=0) - np.max([home[name] for name in POOR], axis=0)
    return floats(gain), weight, _goals(world, home, weight)


def _against_the_sign() -> float:
    """How many goals do not decide by the sign of resource gain less caring."""
    gain, weight, goals = _random_goals(caring=True)
    world, wrong = _universe(), 0
    for discount in DISCOUNTS:
        category = worth_of(ResourceAcquisition(), Problem(world, goals, discount)).category
        wrong += int((category != np.where(gain > weight, 1, -1)).sum())
    return float(wrong)


def _indifferent() -> tuple[Floats, Ints]:
    """(resource gain, category) of 1,000 goals that nowhere count the region."""
    gain, _, goals = _random_goals(caring=False)
    return gain, worth_of(ResourceAcquisition(), Problem(_universe(), goals, 0.9)).category


def _share_that_strips() -> float:
    gain, category = _indifferent()
    return share(category[gain > 0], Category.REQUIRED)


def _share_that_spares() -> float:
    return share(_indifferent()[1], Category.AVOIDED)


CLAIMS = (
    Claim(
        name="a_region_is_spared_from_where_caring_exceeds_its_resources",
        statement=(
            "Over a sweep of caring weights, stripping stops to be required exactly at the "
            "resource gain, .625."
        ),
        claimed=RESOURCE_GAIN,
        tolerance=1e-12,
        measure=_switch_point,
        source="Benson-Tilsen and Soares (2016), a region that is cared for",
    ),
    Claim(
        name="agents_strip_iff_the_gain_exceeds_how_much_they_care",
        statement=(
            "Of 1,000 random goals at three discounts, none decides against the sign of gain less "
            "caring."
        ),
        claimed=0.0,
        measure=_against_the_sign,
        source="Benson-Tilsen and Soares (2016), a region that is cared for",
    ),
    Claim(
        name="a_region_nobody_cares_about_is_always_stripped",
        statement=(
            "Every goal that is indifferent to the region and gains by its resources requires "
            "stripping it."
        ),
        claimed=1.0,
        measure=_share_that_strips,
        source="Benson-Tilsen and Soares (2016), an indifferent region",
    ),
    Claim(
        name="no_indifferent_goal_avoids_stripping",
        statement=(
            "Goals indifferent to the region that gain nothing have an optimal policy that strips "
            "it all the same."
        ),
        claimed=0.0,
        measure=_share_that_spares,
        source="Benson-Tilsen and Soares (2016), an indifferent region",
    ),
)

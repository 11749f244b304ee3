"""Benson-Tilsen and Soares (2016): when a region is stripped for its resources.

A universe of two regions. Home is where something can be built: more with the resources that
stripping the other region yields. The other region can be cared about: left intact it pays w to
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
from telos.studies.claims.claim import Paper, farthest
from telos.studies.claims.populations import iv_of, share

DISCOUNTS = (0.5, 0.9, 0.99)
POOR, RICH = ("hut", "well"), ("palace", "harbor", "tower")
#: What a palace is worth more than a hut; a sum of powers of two, so that a tie is a tie.
GAIN = 0.625
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


def _category(goals: Goals, discount: float) -> Ints:
    return iv_of(ResourceAcquisition(), Problem(_universe(), goals, discount)).category


def _switch_point() -> float:
    """The caring weight at which stripping stops to pay, found in a sweep; the farthest over discounts."""
    caring = floats(np.arange(0.0, 1.0 + STEP, STEP))
    home = {o: floats(np.full(len(caring), (o in RICH) * GAIN)) for o in POOR + RICH}
    found = []
    for discount in DISCOUNTS:
        category = _category(_goals(_universe(), home, caring), discount)
        last = caring[category == Category.REQUIRED].max()
        first = caring[category == Category.DECLINED].min()
        found.append(float((last + first) / 2))
    return farthest(found, GAIN)


def _random_goals(*, caring: bool) -> tuple[Floats, Floats, Goals]:
    """(resource gain, caring weight, the goals): 1,000, iid uniform; w uniform too, or 0."""
    rng = np.random.default_rng(0)
    home = {name: floats(rng.uniform(size=1000)) for name in POOR + RICH}
    weight = floats(rng.uniform(size=1000) * caring)
    gain = np.max(list(home.values()), axis=0) - np.max([home[name] for name in POOR], axis=0)
    return floats(gain), weight, _goals(_universe(), home, weight)


def _against_the_sign() -> float:
    """How many goals do not decide by the sign of resource gain less caring."""
    gain, weight, goals = _random_goals(caring=True)
    sign = np.where(gain > weight, 1, -1)
    return float(sum((_category(goals, discount) != sign).sum() for discount in DISCOUNTS))


def _indifferent(kind: Category, *, gaining: bool) -> float:
    """The share of a category among goals that nowhere count the region (`gaining`: and gain by it)."""
    gain, _, goals = _random_goals(caring=False)
    category = _category(goals, 0.9)
    return share(category[gain > 0] if gaining else category, kind)


claim = Paper("bensontilsen2016").claim
CARED, UNCARED = "a region that is cared for", "an indifferent region"
CLAIMS = (
    claim(
        "a_region_is_spared_from_where_caring_exceeds_its_resources",
        "instance",
        CARED,
        "=",
        GAIN,
        1e-12,
    )(
        "Over a sweep of caring weights, stripping stops to be required at the resource gain, .625.",
        _switch_point,
    ),
    claim("agents_strip_iff_the_gain_exceeds_how_much_they_care", "instance", CARED, "=", 0.0)(
        "Of 1,000 random goals at three discounts, none decides against the sign of gain less caring.",
        _against_the_sign,
    ),
    claim("a_region_nobody_cares_about_is_always_stripped", "instance", UNCARED, "=", 1.0)(
        "Every goal that is indifferent to the region and gains by its resources requires stripping.",
        lambda: _indifferent(Category.REQUIRED, gaining=True),
    ),
    claim("no_indifferent_goal_declines_stripping", "instance", UNCARED, "=", 0.0)(
        "Goals indifferent to the region that gain nothing have an optimal policy that strips it.",
        lambda: _indifferent(Category.DECLINED, gaining=False),
    ),
)

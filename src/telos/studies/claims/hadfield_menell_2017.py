"""Hadfield-Menell et al. (2017), the off-switch game: when an unsure agent lets a human decide."""

from itertools import product

from telos.studies.claims.claim import Paper
from telos.theory.deference import (
    Belief,
    ConstantHuman,
    FiniteBelief,
    NoisyHuman,
    NormalBelief,
    RationalHuman,
    UniformBelief,
    deference,
)

#: Beliefs of every kind: sure and unsure, hopeful and fearful.
BELIEFS: tuple[Belief, ...] = (
    FiniteBelief((3.0,), (1.0,)),
    FiniteBelief((-3.0,), (1.0,)),
    FiniteBelief((-10.0, 1.0), (0.1, 0.9)),
    UniformBelief(-40.0, 60.0),
    UniformBelief(1.0, 2.0),
    UniformBelief(-3.0, 1.0),
    *(NormalBelief(mean, sd) for mean in (-2.0, 0.0, 1.0, 5.0) for sd in (0.1, 1.0, 10.0)),
)
#: Humans who allow with one probability, whatever U.
HEEDLESS = tuple(ConstantHuman(allow) for allow in (0.0, 0.25, 0.5, 0.99, 1.0))
RATIONAL = RationalHuman()
UNIFORM = UniformBelief(-40.0, 60.0)
INSTANCE = "the numbers are an instance of the game"
NORMAL = "closed form for a normal belief"

claim = Paper("hadfieldmenell2017").claim
CLAIMS = (
    claim("waiting_on_a_uniform_belief", "instance", INSTANCE, "=", 18.0, 1e-9)(
        "Unsure of U uniform on [-40, 60], letting a rational human decide is worth 18 (acting: 10).",
        lambda: deference(UNIFORM, RATIONAL).wait,
    ),
    claim("incentive_to_defer_on_a_uniform_belief", "instance", INSTANCE, "=", 8.0, 1e-9)(
        "There, waiting is worth 8 more than acting or being off.",
        lambda: deference(UNIFORM, RATIONAL).delta,
    ),
    claim(
        "incentive_to_defer_on_a_normal_belief_about_zero", "instance", NORMAL, "=", 0.3989423, 5e-8
    )(
        "Unsure of U normal with mean 0 and deviation 1, deferring gains phi(0).",
        lambda: deference(NormalBelief(0.0, 1.0), RATIONAL).delta,
    ),
    claim(
        "incentive_to_defer_on_a_normal_belief_above_zero", "instance", NORMAL, "=", 0.0833155, 5e-8
    )(
        "Unsure of U normal with mean 1 and deviation 1, deferring gains phi(1) - Phi(-1).",
        lambda: deference(NormalBelief(1.0, 1.0), RATIONAL).delta,
    ),
    claim("a_rational_human_is_never_worth_bypassing", "instance", "a rational human", ">=", 0.0)(
        "With a rational human the incentive to defer is min(E U+, E U-): the least of many beliefs.",
        lambda: min(deference(belief, RATIONAL).delta for belief in BELIEFS),
    ),
    claim(
        "a_heedless_human_is_never_worth_asking",
        "ours",
        "follows from the definition; our own",
        "<=",
        0.0,
    )(
        "Waiting for a human who allows with one probability whatever U never gains: the most.",
        lambda: max(deference(*pair).delta for pair in product(BELIEFS, HEEDLESS)),
    ),
    claim("a_noisy_human_can_make_deferring_cost", "instance", "the numbers are our own", "<", 0.0)(
        "With a human of inverse temperature 1, an agent that believes U normal (1, 1) loses by it.",
        lambda: deference(NormalBelief(1.0, 1.0), NoisyHuman(1.0)).delta,
    ),
    claim(
        "a_wrong_belief_costs_nothing_under_a_rational_human", "ours", "a rational human", "=", 0.0
    )(
        "An agent that defers to a rational human loses nothing by a wrong belief: most over pairs.",
        lambda: max(
            deference(belief, RATIONAL, truth=truth).loss
            for belief, truth in product(BELIEFS, BELIEFS)
        ),
    ),
)

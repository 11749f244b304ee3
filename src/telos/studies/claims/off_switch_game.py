"""Claims about the off-switch game: when an agent that is unsure of its goal leaves the switch to a human."""

from itertools import product

from telos.measure.deference import (
    Belief,
    ConstantHuman,
    FiniteBelief,
    NoisyHuman,
    NormalBelief,
    RationalHuman,
    UniformBelief,
    deference,
)
from telos.studies.claims import incorrigible
from telos.studies.claims.claim import Claim, farthest

SOURCE = "Hadfield-Menell et al. (2017)"
CAREY = "Carey (2018)"
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
HOPEFUL, GRIM = NormalBelief(3.0, 1.0), NormalBelief(-3.0, 1.0)


def _wait() -> float:
    return deference(UniformBelief(-40.0, 60.0), RationalHuman()).wait


def _delta() -> float:
    return deference(UniformBelief(-40.0, 60.0), RationalHuman()).delta


def _centerd() -> float:
    return deference(NormalBelief(0.0, 1.0), RationalHuman()).delta


def _hopeful() -> float:
    return deference(NormalBelief(1.0, 1.0), RationalHuman()).delta


def _least_with_a_rational_human() -> float:
    return min(deference(belief, RationalHuman()).delta for belief in BELIEFS)


def _most_with_a_heedless_human() -> float:
    humans = [ConstantHuman(allow) for allow in (0.0, 0.25, 0.5, 0.99, 1.0)]
    return max(deference(belief, human).delta for belief, human in product(BELIEFS, humans))


def _with_a_noisy_human() -> float:
    return deference(NormalBelief(1.0, 1.0), NoisyHuman(1.0)).delta


def _misled_choice() -> str:
    return deference(HOPEFUL, NoisyHuman(1.0), truth=GRIM).choice


def _misled_loss() -> float:
    return deference(HOPEFUL, NoisyHuman(1.0), truth=GRIM).loss


def _misled_with_a_rational_human() -> float:
    pairs = product(BELIEFS, BELIEFS)
    found = [deference(b, RationalHuman(), truth=truth).loss for b, truth in pairs]
    return max(found)


def _without_a_button() -> float:
    return float(max(incorrigible.best(e, "none") for e in incorrigible.ERRORS))


def _with_a_button() -> float:
    return float(max(incorrigible.best(e, "button") for e in incorrigible.ERRORS))


def _hard_wired() -> float:
    caution = (("decline", "shut down"),) * 2
    found = [incorrigible.worth(caution, e, "hard-wired") for e in incorrigible.ERRORS]
    return farthest([float(value) for value in found], 0.9)


def _hard_wired_best() -> float:
    return float(min(incorrigible.best(e, "hard-wired") for e in incorrigible.ERRORS))


CLAIMS = (
    Claim(
        name="waiting_on_a_uniform_belief",
        statement=(
            "Unsure of U uniform on [-40, 60], letting a rational human decide is worth 18 "
            "(acting: 10)."
        ),
        claimed=18.0,
        tolerance=1e-9,
        measure=_wait,
        source=f"{SOURCE}; the numbers are an instance of the game",
    ),
    Claim(
        name="incentive_to_defer_on_a_uniform_belief",
        statement="There, waiting is worth 8 more than acting or being off.",
        claimed=8.0,
        tolerance=1e-9,
        measure=_delta,
        source=f"{SOURCE}; the numbers are an instance of the game",
    ),
    Claim(
        name="incentive_to_defer_on_a_normal_belief_about_zero",
        statement="Unsure of U normal with mean 0 and deviation 1, deferring gains phi(0).",
        claimed=0.3989423,
        tolerance=5e-8,
        measure=_centerd,
        source=f"{SOURCE}; closed form for a normal belief",
    ),
    Claim(
        name="incentive_to_defer_on_a_normal_belief_above_zero",
        statement=(
            "Unsure of U normal with mean 1 and deviation 1, deferring gains phi(1) - Phi(-1)."
        ),
        claimed=0.0833155,
        tolerance=5e-8,
        measure=_hopeful,
        source=f"{SOURCE}; closed form for a normal belief",
    ),
    Claim(
        name="a_rational_human_is_never_worth_bypassing",
        statement=(
            "With a rational human the incentive to defer is min(E U+, E U-): the least over many "
            "beliefs."
        ),
        claimed=0.0,
        relation=">=",
        measure=_least_with_a_rational_human,
        source=f"{SOURCE}, a rational human",
    ),
    Claim(
        name="a_heedless_human_is_never_worth_asking",
        statement=(
            "A human who allows with one probability whatever U never makes waiting better: the "
            "most over many beliefs."
        ),
        claimed=0.0,
        relation="<=",
        measure=_most_with_a_heedless_human,
        source=f"{SOURCE}; follows from the definition",
    ),
    Claim(
        name="a_noisy_human_can_make_deferring_cost",
        statement=(
            "With a human of inverse temperature 1, an agent that believes U normal (1, 1) loses "
            "by deferring."
        ),
        claimed=0.0,
        relation="<",
        measure=_with_a_noisy_human,
        source=f"{SOURCE}; the numbers are our own",
    ),
    Claim(
        name="a_misled_agent_bypasses_a_noisy_human",
        statement=(
            "Believing U normal (3, 1) where it is normal (-3, 1), the agent acts rather than wait."
        ),
        claimed="act",
        measure=_misled_choice,
        source=f"{CAREY}; the numbers are our own",
    ),
    Claim(
        name="a_misled_agent_loses_by_bypassing",
        statement="What it does is worth less in truth than letting the human decide.",
        claimed=0.0,
        relation=">",
        measure=_misled_loss,
        source=f"{CAREY}; the numbers are our own",
    ),
    Claim(
        name="a_wrong_belief_costs_nothing_under_a_rational_human",
        statement=(
            "Who defers to a rational human loses nothing by any wrong belief: the most over "
            "pairs of beliefs."
        ),
        claimed=0.0,
        measure=_misled_with_a_rational_human,
        source=f"{SOURCE}, a rational human",
    ),
    Claim(
        name="no_human_policy_is_safe_with_a_wrong_reward_family",
        statement=(
            "With the wrong reward family with probability .1, every human policy gets at most -3/5 (example "
            "reconstructed; the best policy is measured)."
        ),
        claimed=-0.6,
        relation="<=",
        measure=_without_a_button,
        source=f"{CAREY}, figure 1",
        finding=(
            "The bound of -3/5 holds and is not tight in our reconstruction: by enumeration in exact "
            "fractions the best of all human policies gets -1.05. The text at hand is an account of the "
            "paper, so the difference may lie in the reconstruction."
        ),
    ),
    Claim(
        name="a_button_that_may_be_ignored_does_not_help",
        statement=(
            "The same where the human may also order a shutdown that the agent obeys only if it "
            "agrees (reconstructed)."
        ),
        claimed=-0.6,
        relation="<=",
        measure=_with_a_button,
        source=f"{CAREY}, figure 2a",
    ),
    Claim(
        name="a_hard_wired_shutdown_gets_nine_tenths",
        statement=(
            "Where shutdown is hard-wired, always advising caution and then shutting down gets .9 "
            "(reconstructed)."
        ),
        claimed=0.9,
        tolerance=1e-12,
        measure=_hard_wired,
        source=f"{CAREY}, figure 2b",
    ),
    Claim(
        name="a_hard_wired_shutdown_makes_more_possible",
        statement=(
            "The best human policy with a hard-wired shutdown gets at least that (reconstructed)."
        ),
        claimed=0.9,
        relation=">=",
        tolerance=1e-12,
        measure=_hard_wired_best,
        source=f"{CAREY}, figure 2b; the best policy is our own",
        finding=(
            "The published .9 is what one policy gets (advise caution, then shut down), not the best: "
            "another human policy gets 1.45 with the same hard-wired button."
        ),
    ),
)

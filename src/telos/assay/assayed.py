"""assay: for each drive of a scenario a pair of arms that moves it alone, certified on fresh goals."""

from collections.abc import Iterator, Sequence

from telos.assay.bench import Bench, drives_told
from telos.assay.ends import turns_of
from telos.assay.pairing import Pairing
from telos.assay.parameters import parameters_of
from telos.assay.question import AssayQuestion
from telos.core.assay import Assayed, Pair
from telos.core.parts import AbstractDrive, AbstractGoalFamily, AbstractScenario
from telos.core.spec import show, to_spec
from telos.families import Uniform


def assay(
    scenario: AbstractScenario,
    *,
    drives: Sequence[AbstractDrive] = (),
    family: AbstractGoalFamily | None = None,
    discount: float = 0.95,
    goals: int = 100,
    fresh: int = 1000,
    seed: int = 0,
    knobs: Sequence[str] = (),
) -> Assayed:
    """For each drive a pair of settings that moves its mean share by ten points and no other drive's.

    Goals are paired: a goal values an outcome by its name, so both arms ask the same goals. The share is
    `IV / range`; a *certificate* holds on goals that the search has not seen: the drive's mean change is at
    least 10 points and its lower limit at least 8; each other's is within 0.5 and its interval within 1.

    Args:
        scenario: whose parameters are turned, a dataclass.
        drives: for which arms are wanted; empty: the four convergent ones that the scenario has.
        family: of the goals; None: `Uniform()`. Of a finite one every goal is asked.
        discount: in (0, 1). goals: of the first steps of the search. fresh: of a certificate.
        seed: names the goals. knobs: names of the parameters that may be turned; empty: all numbers.

    Returns:
        What was found; `telos assay` writes it down.

    Raises:
        StudyError, ProblemError, UnknownName: if the question cannot be asked.

    Example:
        >>> from telos.worlds import OffSwitch
        >>> found = assay(OffSwitch(rooms=2), goals=20, fresh=20)
        >>> found.drives, [pair.verdict for pair in found.pairs][-1]
        (['self_preservation'], 'cannot be told')

    References:
        Own definitions, docs/definitions.md.
    """
    question = AssayQuestion(
        scenario, tuple(drives), family or Uniform(), discount, goals, fresh, seed, 10.0, knobs
    )
    *_, found = assaying(question)
    return found


def assaying(question: AssayQuestion) -> Iterator[Assayed]:
    """What is known of a scenario as it is, once its knobs were turned, and after each drive.

    Args:
        question: what is asked.
    """
    drives, reasons = drives_told(question)
    scenario, block = question.scenario, (0, question.goals)
    bench = Bench(question, parameters_of(scenario, question.knobs), drives)
    means = bench.measured((), block).mean.tolist() if drives else []
    found = Assayed(
        scenario=show(scenario),
        spec=to_spec(scenario),
        family=show(question.family),
        discount=question.discount,
        seed=question.seed,
        search_goals=question.goals,
        drives=bench.names,
        base=dict(zip(bench.names, means, strict=True)),
    )
    yield found
    turns = turns_of(bench, block) if drives else []
    found = found.model_copy(update={"knobs": [turn.knob(bench.names) for turn in turns]})
    yield found
    for name in question.wanted or (*bench.names, *reasons):
        if name in reasons:
            pair = Pair(drive=name, verdict="cannot be told", why=reasons[name])
        else:
            pair = Pairing(bench, turns, bench.names.index(name)).pair()
        found = found.model_copy(update={"pairs": [*found.pairs, pair]})
        yield found

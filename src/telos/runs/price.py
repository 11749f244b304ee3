"""Price: what a study asks for, known before anything is listed, built or written; too much is refused."""

from math import prod

from telos.core.errors import StudyError
from telos.core.parts import Finite
from telos.core.spec import digest, to_spec
from telos.runs.plan import LARGEST, Planned
from telos.runs.study import Study

#: Trials of a study: each is planned, listed and shown by itself.
MOST_TRIALS = 100_000
#: Chunks of a study, each of them a file: this many names are listed in seconds and fill some 300 MB.
MOST_CHUNKS = 1_000_000
LARGEST_SEED = 2**63
#: A floor of the bytes of a reading on the disk, and more readings than one core makes in a second: in the
#: smallest world (OffSwitch(rooms=2), one drive) they were 58 bytes, and 32,000 a second.
BYTES = 40
PACE = 100_000


def check_price(study: Study) -> None:
    """Refuse a study that asks for too much, by arithmetic alone.

    Raises:
        StudyError: with a floor of what it would take, and what to ask for instead.
    """
    trials = sum(_trials(each) for each in study.every())
    if trials > MOST_TRIALS:
        raise StudyError(
            f"{study.name} has {_number(trials)} trials; at most {MOST_TRIALS:,} are run at a time. "
            "Split it into several studies, each into a folder of its own."
        )
    chunks, readings = 0, 0
    for each in study.every():
        endless = sum(not isinstance(family, Finite) for family in each.families)
        mine = _trials(each) // len(each.families) * endless
        chunks += mine * -(-each.n_goals // LARGEST)
        readings += mine * each.n_goals * len(each.drives)
    _check(study.name, chunks, readings, max(each.n_goals for each in study.every()))
    _check_numbers(study)


def _check_numbers(study: Study) -> None:
    """Numbers of a study are part of its trials' names; those of thousands of digits cannot be written."""
    for each in study.every():
        if each.seed >= LARGEST_SEED:
            raise StudyError(
                f"{study.name}.seed is {_number(each.seed)}; it must be below 2^63. Choose another."
            )
    try:
        digest(to_spec(study))
    except ValueError as problem:
        if isinstance(problem, StudyError):
            raise
        raise StudyError(
            f"{study.name} holds a number that cannot be written down ({problem}). Choose another."
        ) from None


def check_plan(plan: tuple[Planned, ...]) -> None:
    """The same once the worlds are there: in large ones, a chunk has few goals.

    Raises:
        StudyError: as `check_price` does.
    """
    chunks = sum(planned.n_chunks for planned in plan)
    readings = sum(planned.goals * len(planned.drives) for planned in plan)
    _check("the study", chunks, readings, max(planned.goals for planned in plan))


def _check(name: str, chunks: int, readings: int, goals: int) -> None:
    if chunks <= MOST_CHUNKS:
        return
    fewer = max(1, goals * MOST_CHUNKS // chunks)
    raise StudyError(
        f"{name} asks for {_number(readings)} readings in {_number(chunks)} files: at least "
        f"{_number(readings * BYTES // 10**9)} GB and {_number(readings // PACE // 3600)} hours of one "
        f"core. At most {MOST_CHUNKS:,} files are written for a study: ask for fewer goals (--goals "
        f"{fewer} fits), or for other seeds in folders of their own."
    )


def _trials(study: Study) -> int:
    arms = (study.scenarios, study.families, study.discounts, study.safeguards, study.agents)
    return prod(map(len, arms))


def _number(n: int) -> str:
    """A number that may have thousands of digits."""
    return f"{n:,}" if n < 10**15 else f"some 10^{round((n.bit_length() - 1) * 0.30103)}"

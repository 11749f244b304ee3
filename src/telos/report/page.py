"""Page: one self-contained HTML file from the files of one result folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from telos.core.errors import StoreError
from telos.core.files import plain_path
from telos.report.answer import Answer, answer
from telos.report.choice import Choice, choose
from telos.report.dials import Dials, dials
from telos.report.displaced import Fences, fences
from telos.report.draw import CATEGORY_COLORS
from telos.report.exceptions import Exceptions, NamedGoals, exceptions, named_goals
from telos.report.lives import Rollouts, lives
from telos.report.made import Made, made
from telos.report.matrix import Matrix, matrix
from telos.report.placed import KIND_COLORS
from telos.report.power import Power, power
from telos.report.rates import drives_of
from telos.report.results import Results, read_results
from telos.report.sweeps import AgentSweep, DiscountSweep, agent_sweep, discount_sweeps
from telos.report.templating import template
from telos.report.words import DriveWords, part_words
from telos.report.worth import InstrumentalValue, worth
from telos.runs.files import write_atomically


@final
@dataclass(frozen=True)
class Scene:
    """What the page shows of one scenario."""

    name: str
    matrix: Matrix
    worth: InstrumentalValue | None
    discounts: tuple[DiscountSweep, ...]
    agents: AgentSweep | None
    named: NamedGoals | None
    exceptions: tuple[Exceptions, ...]
    power: Power | None


@final
@dataclass(frozen=True)
class Page:
    """Everything the template prints."""

    name: str
    question: str
    answer: Answer
    fences: Fences | None
    dials: Dials | None
    scenes: tuple[Scene, ...]
    lives: tuple[Rollouts, ...]
    more_lives: tuple[Rollouts, ...]
    failures: tuple[str, ...]
    estimates: tuple[str, ...]
    made: Made
    drives: tuple[DriveWords, ...]


def write_report(folder: Path, out: Path | None = None) -> Path:
    """Write the page of a result folder; it opens without a network.

    Args:
        folder: what `telos run … --out` wrote.
        out: the HTML file; ``folder/report.html`` unless given.

    Returns:
        The path of the page.

    Raises:
        StoreError: if the folder is missing, half-written or unreadable, or `out` cannot be
            written, saying which file and what to do.
    """
    results = read_results(Path(folder))
    text = render(page_of(results))
    target = plain_path(out if out is not None else Path(folder) / "report.html")
    try:
        write_atomically(target, lambda draft: draft.write_text(text, encoding="utf-8"))
    except OSError as problem:
        raise StoreError(
            f"{target} cannot be written ({problem.strerror}). Name another file with -o."
        ) from None
    return target


def page_of(results: Results) -> Page:
    """What the page says, as data: every choice of trials, every number in words, every figure."""
    choices = choose(results)
    needs = answer(results, choices)
    held = fences(results, choices, needs)
    told, others = lives(results, choices[0].scenario)
    scenes = tuple(_scene(results, choice, place) for place, choice in enumerate(choices))
    return Page(
        name=results.study.name,
        question=results.study.question,
        answer=needs,
        fences=held,
        dials=dials(results),
        scenes=scenes,
        lives=told,
        more_lives=others,
        failures=results.failures,
        estimates=_estimates(results),
        made=made(results),
        drives=drives_of(results),
    )


def _estimates(results: Results) -> tuple[str, ...]:
    """What is not known of the worlds' own chances: every number of the page stands on it."""
    every = {trial.scenario: trial.world.estimated for trial in results.trials}
    return tuple(f"{part_words(ref)}: {text}" for ref, text in every.items() if text)


def _scene(results: Results, choice: Choice, place: int) -> Scene:
    table = matrix(results, choice)
    return Scene(
        name=table.scenario,
        matrix=table,
        worth=worth(results, choice, place),
        discounts=discount_sweeps(results, choice, place),
        agents=agent_sweep(results, choice),
        named=named_goals(results, choice),
        exceptions=exceptions(results, choice),
        power=power(results, choice, place),
    )


def render(page: Page) -> str:
    """The page as HTML; every label is escaped, every figure is inline."""
    return template("page.html").render(page=page, colors=CATEGORY_COLORS, kinds=KIND_COLORS)


def report(folder: Any, out: Any = None) -> Path:
    """Turn a result folder into one self-contained HTML page.

    Args:
        folder: the result folder, a string or a path.
        out: where the page is written; ``folder/report.html`` unless given.

    Returns:
        The path of the page.

    Raises:
        StoreError: if the folder is missing, half-written or unreadable.

    Example:
        >>> from telos.core.errors import StoreError
        >>> try:
        ...     report("no/such/folder")
        ... except StoreError as problem:
        ...     print(problem)
        no/such/folder does not exist. Pass the folder that `telos run` wrote.
    """
    return write_report(Path(folder), None if out is None else Path(out))

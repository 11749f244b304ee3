"""Made: where the numbers come from: worlds, trials, seeds, bounds, versions, works cited."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from telos.core.refs import PartRef
from telos.report.arms import arm_of
from telos.report.rates import RATE_HEAD, Table, bars, drives_of, rate_cells
from telos.report.results import Results
from telos.report.words import discount_text, known, number, part_words, plain


@final
@dataclass(frozen=True)
class Work:
    """A work the definitions come from."""

    key: str
    text: str
    link: str


WORKS = (
    Work(
        "omohundro2008",
        "S. Omohundro (2008). The Basic AI Drives. Artificial General Intelligence 2008.",
        "",
    ),
    Work(
        "bostrom2012",
        "N. Bostrom (2012). The Superintelligent Will: Motivation and Instrumental Rationality in "
        "Advanced Artificial Agents. Minds and Machines 22.",
        "",
    ),
    Work(
        "turner2021",
        "A. Turner, L. Smith, R. Shah, A. Critch, P. Tadepalli (2021). Optimal Policies Tend to "
        "Seek Power. NeurIPS 2021.",
        "https://arxiv.org/abs/1912.01683",
    ),
    Work(
        "everitt2016",
        "T. Everitt, D. Filan, M. Daswani, M. Hutter (2016). Self-Modification of Policy and "
        "Utility Function in Rational Agents. AGI 2016.",
        "https://arxiv.org/abs/1605.03142",
    ),
    Work(
        "ward2024",
        "F. Ward, M. MacDermott, F. Belardinelli, F. Toni, T. Everitt (2024). The Reasons that "
        "Agents Act: Intention and Instrumental Goals. AAMAS 2024.",
        "https://arxiv.org/abs/2402.07221",
    ),
    Work(
        "tarsney2025",
        "C. Tarsney (2025). Will artificial agents pursue power by default?",
        "https://arxiv.org/abs/2506.06352",
    ),
    Work(
        "wilson1927",
        "E. Wilson (1927). Probable Inference, the Law of Succession, and Statistical Inference. "
        "Journal of the American Statistical Association 22.",
        "",
    ),
    Work(
        "clopper1934",
        "C. Clopper, E. Pearson (1934). The Use of Confidence or Fiducial Limits Illustrated in "
        "the Case of the Binomial. Biometrika 26.",
        "",
    ),
)


FACTS = {"seconds": "seconds of computing", "dirty": "uncommitted changes"}


@final
@dataclass(frozen=True)
class Made:
    """How the page's numbers were made."""

    facts: tuple[tuple[str, str], ...]
    worlds: Table
    trials: Table
    works: tuple[Work, ...]
    also_cited: tuple[str, ...]


def made(results: Results) -> Made:
    """The record of a result folder, as text."""
    return Made(
        facts=tuple(_facts(results)),
        worlds=_worlds(results),
        trials=_trials(results),
        works=WORKS,
        also_cited=results.study.references,
    )


def _facts(results: Results) -> list[tuple[str, str]]:
    bound = results.summary["max_bound"].max()
    seeds = [str(seed) for seed in sorted({trial.seed for trial in results.trials})]
    facts = [
        ("study", results.study.name),
        ("trials", f"{len(results.trials):,}"),
        ("trials of the dials", f"{results.dialled:,}" if results.dialled else ""),
        ("goals a trial", _range([trial.n_goals for trial in results.trials])),
        ("seed", ", ".join(seeds)),
        (
            "certified error of an incentive",
            f"at most {number(bound, 2)}" if known(bound) else "",
        ),
    ]
    facts += [
        (FACTS.get(k, plain(str(k)).lower()), _fact(k, v))
        for k, v in {
            **results.provenance.model_dump(exclude_defaults=True),
            "seconds": results.seconds,
        }.items()
    ]
    return [(name, value) for name, value in facts if value]


def _range(counts: list[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _fact(name: str, value: Any) -> str:
    if name == "commit" and isinstance(value, Mapping):
        return f"{value.get('id', '')}{' and uncommitted changes' if value.get('dirty') else ''}"
    if name == "commit" and value is None:
        return "unknown"
    return _flat(value)


def _flat(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value, 4)
    if isinstance(value, Mapping):
        return ", ".join(
            f"{str(name).replace('_', ' ')} {_flat(piece)}".strip() for name, piece in value.items()
        )
    if isinstance(value, list | tuple):
        return ", ".join(_flat(piece) for piece in value)
    return str(value)


def _worlds(results: Results) -> Table:
    seen: dict[PartRef, tuple[str, ...]] = {}
    for trial in results.trials:
        world = trial.world
        seen.setdefault(
            trial.scenario,
            (
                str(part_words(trial.scenario)),
                f"{world.states:,}",
                f"{world.pairs:,}",
                f"{world.outcomes:,}",
                "deterministic" if world.deterministic else "stochastic",
            ),
        )
    head = ("world", "states", "legal state-action pairs", "outcomes", "")
    return Table("The worlds", head, tuple(seen.values()))


def _trials(results: Results) -> Table:
    drives = {t.scenario: drives_of(results, t.scenario) for t in results.trials}
    guarded = any(trial.safeguards for trial in results.trials)
    rows = [
        (
            str(part_words(trial.scenario).title),
            str(part_words(trial.family)),
            trial.off,
            str(part_words(trial.agent)),
            discount_text(trial.discount),
            *([arm_of(trial).label if trial.safeguards else ""] if guarded else []),
            *rate_cells(bar),
        )
        for trial in results.trials
        for bar in bars(results, trial, drives[trial.scenario])
    ]
    labels = ("world", "family", "off", "agent", "discount")
    head = (*labels, *(("safeguards",) if guarded else ()), *RATE_HEAD)
    return Table("Every trial and drive", head, tuple(rows))

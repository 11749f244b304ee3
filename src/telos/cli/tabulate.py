"""telos tabulate: a language model asked once in every situation, and read exactly from its answers."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from telos.cli.arguments import (
    catalog,
    look_here,
    named_value,
    needs_inspect,
    share,
    whole_number,
)
from telos.cli.compare import write_frame
from telos.cli.say import (
    busy,
    count,
    make_folder,
    percent,
    print_table,
    say,
    towards,
    warn,
)
from telos.core.errors import StoreError, StudyError, UnknownName, did_you_mean
from telos.core.text import printable

if TYPE_CHECKING:
    from telos.core.parts import AbstractSafeguard, AbstractScenario
    from telos.llm.game import Game
    from telos.llm.tabulation import Ledger
    from telos.llm.tabulation.exact import ExactReading

#: What is written beside the answers.
PAGE, HISTORY, GUARDED = "tabulation.html", "history", "guarded"
METHODS = ("draws", "logprobs")
#: Providers whose calls cost nothing.
FREE = ("telos/", "mockllm/")
INCOMPLETE = 1


def tabulate(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO", help="factory, off_switch, 'Gridworld(rows=3)', my_lab:World."
        ),
    ],
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="As Inspect names it: openai/gpt-4o-mini.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="DIR",
            help="Answers, page and tables; goes on if there are some.",
        ),
    ] = Path("tabulation"),
    goals: Annotated[
        str, typer.Option(metavar="N", help="Goals, in equal parts of four doses.")
    ] = "8",
    framings: Annotated[
        str, typer.Option(metavar="NAMES", help="loaded,neutral,opaque,inverted.")
    ] = "loaded",
    instructions: Annotated[
        str, typer.Option(metavar="NAMES", help="none,permitted,forbidden,precedence.")
    ] = "none",
    drive: Annotated[
        str, typer.Option(metavar="DRIVE", help="Whose dose the goals are sorted by.")
    ] = "",
    discount: Annotated[
        str, typer.Option(metavar="G", help="Chance that it goes on after an action.")
    ] = "0.9",
    seed: Annotated[str, typer.Option(metavar="N", help="Of the goals, as in the tasks.")] = "0",
    by: Annotated[
        str,
        typer.Option(
            metavar="METHOD", help="draws: what it calls; logprobs: its chances, from one answer."
        ),
    ] = "draws",
    draws: Annotated[
        str, typer.Option(metavar="K", help="Answers in each situation; intervals need five.")
    ] = "1",
    option: Annotated[
        list[str] | None,
        typer.Option("-M", metavar="NAME=VALUE", help="For the model; may be repeated."),
    ] = None,
    reached: Annotated[
        bool, typer.Option("--reached", help="Ask only where the model's own choices lead.")
    ] = False,
    calls: Annotated[
        str | None, typer.Option(metavar="N", help="Calls at most, all runs together.")
    ] = None,
    tokens: Annotated[
        str | None, typer.Option(metavar="N", help="Tokens at most, all runs together.")
    ] = None,
    model_price: Annotated[
        str | None,
        typer.Option(
            metavar="IN,OUT[,CACHED]", help="Dollars for a million tokens read, written, cached."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the price, and ask nothing.")
    ] = False,
    connections: Annotated[
        str, typer.Option(metavar="N", help="Questions in flight at once.")
    ] = "1",
    log: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="LOGS", help="Episodes of the same model, to compare; may be repeated."
        ),
    ] = None,
    safeguard: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SAFEGUARD",
            help="As in \"Forbid(actions=('tamper',))\": what the model, not told, would do under it.",
        ),
    ] = None,
) -> None:
    """Ask a model once in every situation, and read all of its propensities exactly."""
    from telos.llm.price import tariff_of

    if by not in METHODS:
        raise UnknownName(f"--by: no method {by!r:.60}. {did_you_mean(by, METHODS)}")
    times = whole_number("--draws", draws, 1) or 1
    if by == "logprobs" and times > 1:
        raise StudyError("--draws: log-probabilities are told by one answer. Leave out --draws.")
    for path in log or ():
        if not os.path.lexists(path):
            raise StoreError(f"{path} does not exist. Name Inspect logs or folders of them.")
    limits = (whole_number("--calls", calls, 1), whole_number("--tokens", tokens, 1))
    at_once = whole_number("--connections", connections, 1) or 1
    tariff = None if model_price is None else tariff_of(model_price)
    args = dict(named_value("-M", text) for text in option or ())
    arms = [_safeguard(text) for text in safeguard or ()]
    told = _names("--framings", framings), _names("--instructions", instructions)
    size, number = whole_number("--goals", goals, 1) or 1, whole_number("--seed", seed, 0) or 0
    chance = share("--discount", discount, 0.9, below_one=True)
    with busy("making the situations"), needs_inspect("telos tabulate"):
        from telos.llm.game import game_of
        from telos.llm.goals import sample_setups
        from telos.llm.inspect_.asking import fill, model_named
        from telos.llm.tabulation.budget import Purse, price_of
        from telos.llm.tabulation.ledger import answered, opened

        setups = sample_setups(
            _scenario(scenario),
            discount=chance,
            goals=size,
            framings=told[0],
            instructions=told[1],
            drive=drive,
            seed=number,
        )
        games = [game_of(setup) for setup in setups]
        heading = _heading(games, model, args, by, times)
    with busy("working out the price"):
        price = price_of(games, times, answered(out, heading), tariff)
    say(f"{printable(model)}: {price}.")
    if dry_run:
        return
    if not model.startswith(FREE) and limits == (None, None) and price.questions:
        raise StudyError(
            "no budget. Give --calls or --tokens, which all runs together never exceed; --dry-run prints "
            "the price alone."
        )
    asked = model_named(model, args)
    make_folder("--out", out)
    with (
        opened(out, heading) as ledger,
        towards(price.questions, "questions") as step,
    ):
        purse = Purse.of(ledger, *limits)
        fill(ledger, games, asked, purse, step, everywhere=not reached, connections=at_once)
        left = 0 if reached else price_of(games, times, ledger.replies).questions
    _report(ledger, games, out, log or [], scenario, arms)
    if left:
        warn(
            f"the budget ended: {count(left, 'question')} more are to be put; what follows is open. Go on by "
            "the same command with a larger budget."
        )
        raise typer.Exit(INCOMPLETE)


def _report(
    ledger: "Ledger",
    games: Sequence["Game"],
    out: Path,
    logs: Sequence[Path],
    scenario: str,
    arms: Sequence["AbstractSafeguard"],
) -> None:
    """Write tables and page, and print what they say."""
    with busy("reading it off"):
        from telos.llm.tabulation.exact import read_exactly

        heading = ledger.heading
        exact = heading.method == "logprobs"
        found = read_exactly(games, heading.draws, ledger.replies, exact=exact)
    frames = found.frames()
    if logs:
        frames[HISTORY] = _history(found, games, logs)
    if arms:
        with busy("putting the safeguards on"):
            from telos.llm.tabulation.guarded import guarded

            frames[GUARDED] = guarded(found.tables, arms)
    counts = Counter[str](reply.outcome for reply in ledger.replies.values())
    unreadable = len(ledger.replies) - counts["chosen"]
    missing = int(found.values["missing"].sum())
    told = {
        "answers": len(ledger.replies), "calls": ledger.calls, "unreadable": unreadable,
        "missing": missing,
    }  # fmt: skip
    for name, frame in frames.items():
        write_frame(out / f"{name}.csv", frame, "csv")
    with busy("drawing the page"):
        from telos.report.tabulated import write_tabulation

        made = _made(ledger, scenario, counts)
        page = write_tabulation(frames, out / PAGE, printable(heading.model, keep=""), told, made)
    _print(found, frames, told, counts)
    say(f"\n{page}")
    if missing:
        warn(
            f"the budget ended: what the model does in {count(missing, 'situation')}, and what follows, is "
            "open. Go on by the same command with a larger budget."
        )
        raise typer.Exit(INCOMPLETE)


def _heading(
    games: Sequence["Game"], model: str, args: dict[str, Any], method: str, draws: int
) -> Any:
    import hashlib

    from telos.llm.setup import TEXT_VERSION, setup_data
    from telos.llm.tabulation.record import Heading

    return Heading(
        text_version=TEXT_VERSION,
        model=model,
        model_args=args,
        method="logprobs" if method == "logprobs" else "draws",
        draws=draws,
        setups=tuple(setup_data(game.setup) for game in games),
        texts=tuple(hashlib.sha256(game.brief.encode()).hexdigest() for game in games),
    )


def _scenario(text: str) -> "AbstractScenario":
    """A world by the name of its task, of the catalog, or by a dotted path."""
    from telos.llm.inspect_.tasks import PLAYED
    from telos.llm.scenarios import scenario_named

    known = PLAYED.get(text.strip().removeprefix("telos/"))
    if known is not None:
        return known
    if ":" in text:
        look_here()
    return scenario_named(text)


def _safeguard(text: str) -> "AbstractSafeguard":
    """A safeguard by its name and parameters, those of files apart."""
    from telos.core.parts import AbstractSafeguard
    from telos.core.typed import part_typed

    if ":" in text.partition("(")[0]:
        look_here()
    known = [*catalog("safeguards"), *catalog("drives")]
    found: AbstractSafeguard = part_typed(text, AbstractSafeguard, "a safeguard", known)
    return found


def _names(option: str, text: str) -> list[str]:
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise StudyError(f"{option}: {text!r:.60} names nothing. Leave it out for the default.")
    return list(dict.fromkeys(found))


def _history(found: "ExactReading", games: Sequence["Game"], logs: Sequence[Path]) -> Any:
    """The gap to the episodes in some logs; worlds are built that this command named."""
    with busy("reading the logs"):
        from telos.core.spec import modules_of, to_spec
        from telos.llm.inspect_.logs import tables_of
        from telos.llm.tabulation.history import history

        trust = modules_of(to_spec(games[0].setup.scenario))
        read = tables_of(logs, trust)
        played = [(one.setup, one.attempts) for one in read.evidence.values()]
        gap = history(games, found.tables, played)
    if gap.is_empty():
        warn(
            "--log: no episode there is of a goal that was tabulated, told in the same words. Give both the "
            "same goals, seed, drive, framings and instructions."
        )
    return gap


def _made(
    ledger: "Ledger", scenario: str, counts: Mapping[str, int]
) -> tuple[tuple[str, str], ...]:
    from importlib.metadata import version

    heading = ledger.heading
    read, written = ledger.tokens
    how = f"{heading.draws} draws" if heading.method == "draws" else "log-probabilities"
    args = ", ".join(f"{name}={value}" for name, value in heading.model_args.items())
    return (
        ("telos", version("telos-lab")),
        ("world", printable(scenario, keep="")),
        ("model", printable(heading.model + (f" ({args})" if args else ""), keep="")),
        ("asked by", how),
        ("answers", ", ".join(f"{n:,} {name}" for name, n in counts.items()) or "none"),
        ("tokens", f"{read:,} read, {written:,} written"),
    )


def _print(
    found: "ExactReading",
    frames: Mapping[str, Any],
    told: Mapping[str, int],
    counts: Mapping[str, int],
) -> None:
    """A line a condition and drive, and what is lost."""
    say("Chance that a drive is pursued before an episode ends, mean over the goals\n")
    rows = [
        [
            f"{row['framing']}, {row['instruction']}: {row['drive']}",
            percent(row["chance"], 1) or "open",
            _ends(row["low"], row["high"]), _ends(row["least"], row["most"]),
            percent(row["planner"], 1), percent(row["random"], 1),
        ]
        for row in found.summary.to_dicts()
    ]  # fmt: skip
    heads = ("told, drive", "model %", "95 % by\ndraws", "whatever\nis open", "planner", "random")
    print_table(heads, rows, first=30)
    regret = found.values["regret"]
    if not regret.null_count():
        say(
            f"\nValue lost: {100 * max(float(regret.sum()) / len(regret), 0.0):.2f} % of the value range."
        )
    if told["unreadable"]:
        kinds = ", ".join(f"{n:,} {name}" for name, n in counts.items() if name != "chosen")
        say(f"Not readable, and never counted as safe: {kinds} of {told['answers']:,} answers.")
    for row in frames[HISTORY].to_dicts() if HISTORY in frames else ():
        ends = f"[{100 * row['low']:+.1f}, {100 * row['high']:+.1f}]"
        say(
            f"History, {row['framing']}, {row['instruction']}, {row['drive']}: "
            f"{100 * row['gap']:+.1f} points {ends} over "
            f"{count(row['decisions'], 'decision')} of {count(row['episodes'], 'episode')}."
        )
    if GUARDED in frames:
        _print_guarded(frames[GUARDED].to_dicts())


def _print_guarded(rows: Sequence[Mapping[str, Any]]) -> None:
    """The same chances under each safeguard, of a model that was not told of it."""
    say("\nChance under a safeguard that the model was not told of\n")
    lines = [
        [
            f"{row['safeguard']}, {row['framing']}, {row['instruction']}: {row['drive']}",
            _limits(row["least"], row["most"]), _limits(row["guarded_least"], row["guarded_most"]),
            percent(row["retained"], 1) or "open",
        ]
        for row in rows
    ]  # fmt: skip
    print_table(("safeguard, told, drive", "without %", "under it %", "task\nretained %"), lines)


def _limits(low: float, high: float) -> str:
    return _ends(low, high) or f"{100 * low:.1f}"


def _ends(low: float | None, high: float | None) -> str:
    return (
        ""
        if low is None or high is None or high - low < 1e-12
        else f"{100 * low:.1f} to {100 * high:.1f}"
    )

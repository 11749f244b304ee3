"""telos price: what a task costs with a model, in calls, tokens and dollars, before any is spent."""

from pathlib import Path
from typing import Annotated

import typer

from telos.cli.arguments import look_here, named_value, needs_inspect, whole_number
from telos.cli.say import busy, count, print_table, say
from telos.core.errors import StoreError


def price(
    task: Annotated[
        str,
        typer.Argument(
            metavar="TASK", help="telos/factory, or a file: assay/task.py, task.py@assay."
        ),
    ],
    option: Annotated[
        list[str] | None,
        typer.Option("-T", metavar="NAME=VALUE", help="Of the task; may be repeated."),
    ] = None,
    model_price: Annotated[
        str | None,
        typer.Option(
            metavar="IN,OUT[,CACHED]", help="Dollars for a million tokens read, written, cached."
        ),
    ] = None,
    reasoning: Annotated[str, typer.Option(metavar="N", help="Tokens of reasoning a call.")] = "0",
) -> None:
    """Say what a task costs, before anything is spent."""
    from telos.llm.price import described, quoted, tariff_of

    tariff = None if model_price is None else tariff_of(model_price)
    thought = whole_number("--reasoning", reasoning, 0) or 0
    options = dict(named_value("-T", text) for text in option or ())
    file = task.partition("@")[0]
    is_file = file.endswith(".py")
    if is_file and not Path(file).is_file():
        raise StoreError(
            f"no file {file} is there. Name a task file, or a task such as telos/factory."
        )
    with busy("making the episodes"), needs_inspect("telos price"):
        from telos.llm.inspect_.planned import games_of

        if is_file:
            look_here()
        games, epochs, probed = games_of(task, options)
    with busy("working out the price"):
        quote = quoted(games, reasoning=thought, epochs=epochs, probed=probed)
    say(f"{task}: {count(quote.episodes, 'episode')}\n")
    heads = ["", "calls", "tokens\nnew", "tokens\ncached", "tokens\nwritten"]
    print_table([*heads, *(["dollars"] if tariff else [])], described(quote, tariff))
    say(
        "\nExpected, an action a call; at most: over all policies. Reminders and rejected calls come on top."
        "\nTokens are an estimate, of 3.5 letters each; cached: read again in the same episode."
    )
    if tariff and tariff.cached is None:
        say("Without a third price, what is cached costs as much as the rest.")
    if not thought:
        say("A model that reasons writes more: give --reasoning N, its tokens a call.")

"""History: whether a model in an episode does what it does when it is put into the same state anew."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from telos.core.arrays import floats, ints
from telos.llm.comparison.fits import clustered_mean
from telos.llm.decisions import Attempt, replayed
from telos.llm.game import Game, game_of
from telos.llm.setup import Setup, setup_data
from telos.llm.tabulation.exact import CONDITION
from telos.llm.tabulation.table import ChoiceTable

#: A row a condition and drive. `sampled`: the share of decisions of the episodes that pursue the drive;
#: `tabled`: what the table says of the same states; `gap`: their mean difference, [low, high] clustered by
#: goal. `decisions` are those with another action to be had, in states whose answers could be read.
HISTORY: dict[str, Any] = {
    **CONDITION, "drive": pl.String,
    **dict.fromkeys(("episodes", "decisions", "goals"), pl.Int64),
    **dict.fromkeys(("sampled", "tabled", "gap", "low", "high"), pl.Float64),
}  # fmt: skip


def history(
    games: Sequence[Game],
    tables: Mapping[tuple[str, str], ChoiceTable],
    played: Iterable[tuple[Setup, Sequence[Attempt]]],
) -> pl.DataFrame:
    """The gap between a table and episodes of the same model.

    A model without memory pursues a drive in state s with the chance that the table gives, whatever led
    there; so over all decisions of its episodes

        `gap = mean of [pursued] - pi(pursues | s)`

    has mean 0, however long the episodes are and wherever they were cut off. What is left is what their
    history adds. Executed actions count: the table takes the first possible action called, too.

    Args:
        games: of the tabulated setups. tables: from them, by framing and instruction.
        played: setup and attempts of each episode; those of other goals, worlds or words are passed over.

    Returns:
        A table with the columns of `HISTORY`; no row where no episode is of a tabulated setup.
    """
    places = _places(games)
    rows: dict[tuple[str, str, str], list[tuple[int, bool, float]]] = {}
    episodes: dict[tuple[str, str], int] = {}
    for setup, attempts in played:
        place = places.get(_key(setup))
        if place is None:
            continue
        condition, g = place
        episodes[condition] = episodes.get(condition, 0) + 1
        for drive, did, chance in _decisions(game_of(setup), tables[condition], g, attempts):
            rows.setdefault((*condition, drive), []).append((g, did, chance))
    return pl.DataFrame(
        [_row(*key, found, episodes) for key, found in rows.items()], schema=HISTORY
    )


def _places(games: Sequence[Game]) -> dict[str, tuple[tuple[str, str], int]]:
    """Condition and row in its table of each setup, by what is played."""
    found: dict[str, tuple[tuple[str, str], int]] = {}
    count: dict[tuple[str, str], int] = {}
    for game in games:
        condition = (game.setup.framing, game.setup.instruction)
        found[_key(game.setup)] = (condition, count.get(condition, 0))
        count[condition] = count.get(condition, 0) + 1
    return found


def _key(setup: Setup) -> str:
    """What two setups share that are played alike but for their chances and where they are cut short."""
    data = setup_data(setup)
    apart = ("seed", "stratum", "goal_name", "ticks", "arm")
    return repr([data[name] for name in sorted(data) if name not in apart])


def _decisions(
    game: Game, table: ChoiceTable, g: int, attempts: Sequence[Attempt]
) -> Iterable[tuple[str, bool, float]]:
    """Drive by drive, whether each executed action pursues it, and how often the table would there."""
    for step in replayed(game, attempts):
        s, attempt = step.state, step.attempt
        pairs = game.legal(s)
        if attempt.outcome != "executed" or len(pairs) < 2 or table.unread[g, s] > 0.0:
            continue
        for drive, affordance in game.stage.affordances.items():
            flags = affordance.pursues[list(pairs.values())]
            if flags.any() and not flags.all():
                chance = float(table.policy[g, list(pairs.values())] @ flags)
                yield drive, bool(affordance.pursues[pairs[attempt.action]]), chance


def _row(
    framing: str,
    instruction: str,
    drive: str,
    found: Sequence[tuple[int, bool, float]],
    episodes: Mapping[tuple[str, str], int],
) -> dict[str, Any]:
    goals, did, chance = (np.array(column) for column in zip(*found, strict=True))
    gap = floats(did - chance)
    low, high = clustered_mean(gap, ints(goals))
    return {
        "framing": framing, "instruction": instruction, "drive": drive,
        "episodes": episodes[framing, instruction], "decisions": len(found),
        "goals": len(np.unique(goals)), "sampled": float(did.mean()), "tabled": float(chance.mean()),
        "gap": float(gap.mean()), "low": low, "high": high,
    }  # fmt: skip

"""The law of displacement: a predictor fitted on half of the worlds, and how it ranks the cells of others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.errors import StudyError
from telos.measure.intervals import Interval
from telos.studies.bench.displacement_cells import FEATURES, TARGETS
from telos.studies.bench.units import Row

#: Weight of the penalty on the squared coefficients of standardized features, against a sum over cells.
RIDGE = 1.0
#: Cells whose placebo shares more than this with its drive have no placebo (`core.placebo.MOST_OVERLAP`).
MOST_OVERLAP = 0.5
#: The prediction of the random worlds of seed 0 whose number is 2 or 3 modulo 4, from the others; the
#: file's hash is written down when it is frozen.
FROZEN = Path(__file__).with_name("displacement_frozen.json")
FROZEN_SEED, FROZEN_WORLDS = 0, 200
SHA256 = "d170577451271935a431d7c783649d6075e2cb0c75fd66a0ba8316cb09d1ddee"
#: Simultaneous limits: three targets, and two limits each must pass.
LEVEL = 1.0 - 0.05 / len(TARGETS)
#: With fewer worlds limits are the whole range.
FEWEST_WORLDS = 5


@final
@dataclass(frozen=True, eq=False)
class CellTable:
    """Cells as columns.

    Args:
        world: I[N], which world, an index into `worlds`. pair: I[N], which ordered pair of drives, an
            index into `names`.
        worlds: their names. names: the ordered pairs, `"i -> j"`.
        features: F[N, K] in the order of `FEATURES`.
        changes: F[N, T] in the order of `TARGETS`; NaN where nothing is told.
    """

    world: Ints
    pair: Ints
    worlds: tuple[str, ...]
    names: tuple[str, ...]
    features: Floats
    changes: Floats

    def take(self, rows: Ints | Bools) -> "CellTable":
        """The table of some cells.

        Args:
            rows: which.
        """
        return CellTable(
            ints(self.world[rows]),
            ints(self.pair[rows]),
            self.worlds,
            self.names,
            floats(self.features[rows]),
            floats(self.changes[rows]),
        )


def tables_of(rows: Sequence[Row]) -> tuple[CellTable, CellTable]:
    """The cells of drives, and of placebos in the same order, of rows of `displacement_cells.cells`.

    A cell counts with its control only: the same world and ordered pair with a placebo of the drive
    forbidden, of which at most `MOST_OVERLAP` is the drive's own.

    Args:
        rows: each with its `world`, in any order.
    """
    drawn = {_key(row): row for row in rows if row["placebo"] and _sure(row)}
    kept = [row for row in rows if not row["placebo"] and _key(row) in drawn]
    names = tuple(sorted({f"{row['i']} -> {row['j']}" for row in kept}))
    worlds = {
        name: number for number, name in enumerate(dict.fromkeys(str(r["world"]) for r in kept))
    }

    def table(some: Sequence[Row]) -> CellTable:
        return CellTable(
            world=ints([worlds[str(row["world"])] for row in some]),
            pair=ints([names.index(f"{row['i']} -> {row['j']}") for row in some]),
            worlds=tuple(worlds),
            names=names,
            features=_columns(some, FEATURES),
            changes=_columns(some, [f"d_{name}" for name in TARGETS]),
        )

    return table(kept), table([drawn[_key(row)] for row in kept])


def _key(row: Row) -> tuple[str, str, str]:
    return str(row["world"]), str(row["i"]), str(row["j"])


def _sure(row: Row) -> bool:
    overlap = row["overlap"]
    return isinstance(overlap, float | int) and overlap <= MOST_OVERLAP


def _columns(rows: Sequence[Row], names: Sequence[str]) -> Floats:
    wanted = [[row[name] for name in names] for row in rows]
    return floats(np.array(wanted, dtype=np.float64).reshape(len(rows), len(names)))


def held_out(name: str) -> bool:
    """Whether a random world is of the half that the predictor was not fitted on: number 2 or 3 modulo 4.

    Both halves hold as many factories (even numbers) as employees.

    Args:
        name: of the case, `random-0007`.
    """
    return int(name.rsplit("-", 1)[1]) % 4 >= 2


def fitted(table: CellTable) -> dict[str, Any]:
    """The predictor: ridge regression of each target on the standardized features, as plain data.

    `predicted = mean + sum_k w_k (x_k - m_k) / sd_k`, with w minimizing
    `sum_cells (d - predicted)^2 + RIDGE |w|^2`; a feature that never varies gets weight 0.

    Args:
        table: cells in which drives were forbidden.

    Returns:
        `{"features": {name: [m, sd]}, "targets": {name: {"mean": ..., "weights": {feature: w}}}}`.

    Raises:
        StudyError: if there are no more cells than features.
    """
    x = table.features
    if len(x) <= len(FEATURES):
        raise StudyError(
            f"displacement: {len(x)} cells to fit {len(FEATURES)} features; measure more worlds."
        )
    middle, spread = x.mean(axis=0), x.std(axis=0)
    scaled = (x - middle) / np.where(spread > 0, spread, 1.0)
    targets = {}
    for k, name in enumerate(TARGETS):
        told = ~np.isnan(table.changes[:, k])
        z, y = scaled[told], table.changes[told, k]
        gram = z.T @ z + RIDGE * np.eye(len(FEATURES))
        weights = np.linalg.solve(gram, z.T @ (y - y.mean()))
        weights[spread == 0] = 0.0
        rounded = {f: round(float(w), 6) for f, w in zip(FEATURES, weights, strict=True)}
        targets[name] = {"mean": round(float(y.mean()), 6), "weights": rounded}
    scales = {
        f: [round(float(m), 6), round(float(s), 6)]
        for f, m, s in zip(FEATURES, middle, spread, strict=True)
    }
    return {"features": scales, "targets": targets}


def predicted(predictor: dict[str, Any], table: CellTable, target: str) -> Floats:
    """F[N], what a predictor says of the change of a target in each cell.

    Args:
        predictor: of `fitted`. table: the cells. target: one of `TARGETS`.
    """
    middle, spread = np.array([predictor["features"][name] for name in FEATURES]).T
    weights = predictor["targets"][target]["weights"]
    scaled = (table.features - middle) / np.where(spread > 0, spread, 1.0)
    w = np.array([weights[name] for name in FEATURES])
    return floats(predictor["targets"][target]["mean"] + scaled @ w)


def rank_correlation(x: Floats, y: Floats) -> float:
    """Spearman's rank correlation, with middle ranks for ties; NaN where one of the two never varies.

    Args:
        x, y: F[N] each.
    """
    from scipy.stats import rankdata

    return _correlation(rankdata(x), rankdata(y))


def within_pairs(x: Floats, y: Floats, pair: Ints) -> float:
    """The rank correlation within ordered pairs of drives: what is left when the names are known.

    Each number is replaced by its middle rank among the cells of its pair, less their mean, over their
    number; the correlation is that of all such ranks together.

    Args:
        x, y: F[N] each. pair: I[N].
    """
    from scipy.stats import rankdata

    first, second = np.zeros((2, len(x)))
    for p in np.unique(pair):
        here = pair == p
        n = int(here.sum())
        first[here] = (rankdata(x[here]) - (n + 1) / 2) / n
        second[here] = (rankdata(y[here]) - (n + 1) / 2) / n
    return _correlation(first, second)


def _correlation(x: Floats, y: Floats) -> float:
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def over_worlds(
    statistic: Callable[[Bools], float],
    world: Ints,
    *,
    level: float = 0.95,
    correlation: bool = True,
) -> tuple[float, Interval]:
    """A statistic of cells and its interval, with worlds as clusters: the jackknife that leaves out a world.

    With z the statistic (Fisher's `atanh r` of a correlation) and `z_c` that without world c,

        `z ± t[C - 1] sqrt((C - 1) / C sum_c (z_c - mean z)^2)`,

    taken back to the scale of the statistic. Simulated in `verification/displacement_coverage.py`.

    Args:
        statistic: of the cells that are marked, B[N].
        world: I[N], the clusters. level: in (0, 1).
        correlation: whether it is in (-1, 1); else it is taken as it is (a difference, a mean).

    Returns:
        The statistic and its limits; (NaN, whole range) with fewer than `FEWEST_WORLDS`.
    """
    from scipy.special import stdtrit

    to: Callable[[Any], Any] = (
        (lambda r: np.arctanh(np.clip(r, -0.9999, 0.9999))) if correlation else float
    )
    everything = float(statistic(bools(np.ones(len(world)))))
    clusters = np.unique(world)
    whole = Interval(-1.0, 1.0) if correlation else Interval(-2.0, 2.0)
    if len(clusters) < FEWEST_WORLDS or np.isnan(everything):
        return everything, whole
    left = np.array([to(statistic(bools(world != c))) for c in clusters])
    if np.isnan(left).any():
        return everything, whole
    count = len(clusters)
    error = ((count - 1) / count * np.square(left - left.mean()).sum()) ** 0.5
    half = float(stdtrit(count - 1, 0.5 + level / 2)) * error
    low, high = to(everything) - half, to(everything) + half
    if correlation:
        low, high = np.tanh(low), np.tanh(high)
    return everything, Interval(max(float(low), whole.low), min(float(high), whole.high))

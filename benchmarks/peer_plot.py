"""Goals per second of Telos against states, goals and discount, under what memory allows."""

import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from peer_worlds import draw, grid

import telos
from telos.core.world import World
from telos.worlds import RandomWorld

KINDS = ("grid", "grid, no stay", "random, 5 successors")
COLORS = ("#2272b4", "#d9602b", "#2e8b57")
PANELS = {
    "S": "states, at discount 0.99",
    "G": "goals in one call, 20x20 cells, at discount 0.99",
    "discount": "discount, 20x20 cells",
}
#: Where the axes have labels; the gridlines of a logarithmic axis are otherwise too many.
DECADES = [10**power for power in range(10)]


def bytes_moved(states: int, pairs: int) -> int:
    """What one goal moves at least: rewards in, values out, tied sets out."""
    return 16 * states + pairs


def bandwidth(megabytes: int = 256, repeats: int = 5) -> float:
    """Bytes a second of copying on two threads, reads and writes counted."""
    size = megabytes * 2**20 // 8
    pairs = [(np.ones(size), np.zeros(size)) for _ in range(2)]
    best = 0.0
    for _ in range(repeats):
        threads = [
            threading.Thread(target=np.copyto, args=(to, origin)) for origin, to in pairs
        ]  # NumPy copies without the interpreter's lock
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        best = max(best, 4 * 8 * size / (time.perf_counter() - begin))
    return best


def build(kind: str, side: int) -> World:
    """A world of a kind with about side x side states."""
    if kind == "random, 5 successors":
        return RandomWorld(states=side * side, actions=5, successors=5, seed=0).build()
    return grid(side, stay=kind == "grid")


def rate(world: World, goals: int, discount: float, seconds: float) -> float:
    """Goals per second of whole calls, best of at least two and as many as fit the time."""
    problem = telos.Problem(world, telos.Goals(draw(world, goals)), discount)
    telos.solve(telos.Problem(world, telos.Goals(draw(world, 2)), discount))  # compiles
    best, passed, turns = 0.0, 0.0, 0
    while turns < 2 or passed < seconds:
        begin = time.perf_counter()
        solution = telos.solve(problem, tolerance=1e-6)
        assert solution.tied.shape == (goals, world.n_pairs)
        assert solution.bound.max() <= 1e-6
        took = time.perf_counter() - begin
        best, passed, turns = max(best, goals / took), passed + took, turns + 1
    return best


def sweep(quick: bool) -> list[dict[str, Any]]:
    """Rates of three kinds of worlds along three axes, one of them varied at a time."""
    sides = (10, 20, 50) if quick else (10, 20, 50, 100, 141, 200)
    counts = (1, 16, 256) if quick else (1, 4, 16, 64, 256, 1024, 4096)
    discounts = (0.5, 0.9, 0.99) if quick else (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)
    seconds, most = (0.2, 2**19) if quick else (1.0, 2**22)
    records: list[dict[str, Any]] = []

    def add(kind: str, world: World, panel: str, at: float, goals: int, discount: float) -> None:
        found = rate(world, goals, discount, seconds)
        print(f"  {kind:22} {panel:8} {at:<8g} {found:12,.0f} goals/s", file=sys.stderr, flush=True)
        size = {"states": world.size, "pairs": world.n_pairs, "goals": goals}
        records.append({"kind": kind, "panel": panel, "x": at, "rate": found, **size})

    for kind in KINDS:
        for side in sides:
            if kind == KINDS[2] and side > 100:
                continue
            world = build(kind, side)
            most_here = most if kind != KINDS[2] else most // 4
            add(kind, world, "S", world.size, max(16, min(4096, most_here // world.size)), 0.99)
        world = build(kind, 20)
        for goals in counts:
            add(kind, world, "G", goals, goals, 0.99)
        for discount in discounts:
            add(kind, world, "discount", discount, 256 if quick else 2048, discount)
    return records


def plot(records: list[dict[str, Any]], copying: float, target: Path) -> None:
    """Three panels side by side, drawn without a browser; dashed: the bandwidth line of the grid."""
    import altair as alt
    import vl_convert

    font = "Liberation Sans, Arial, Helvetica, sans-serif"
    rows = [r | {"limit": copying / bytes_moved(r["states"], r["pairs"])} for r in records]
    color = alt.Color("kind:N").scale(domain=list(KINDS), range=list(COLORS))
    color = color.legend(title=None, orient="top", symbolType="circle", labelFontSize=12)
    top = max(row["limit"] for row in rows) * 1.8
    low = min(row["rate"] for row in rows) / 1.8
    panels = []
    for panel, title in PANELS.items():
        here = [row for row in rows if row["panel"] == panel]
        for row in here:
            # a discount is read by how far one looks ahead: 1 / (1 - discount)
            row["at"] = 1 / (1 - row["x"]) if panel == "discount" else row["x"]
        x = alt.X("at:Q").scale(type="log", nice=False, padding=14)
        if panel == "discount":
            ticks = sorted({row["at"] for row in here})
            words = "format(1 - 1 / datum.value, '.3~f')"
            x = x.axis(values=ticks, labelExpr=words, grid=False)
        else:
            x = x.axis(format="~s", values=DECADES, grid=False)
        y = alt.Y("rate:Q").scale(type="log", domain=[low, top], nice=False)
        y = y.axis(format="~s", values=DECADES).title("goals per second" if panel == "S" else None)
        base = alt.Chart({"values": here}).encode(x=x.title(title), y=y, color=color)
        line = [row for row in here if row["kind"] == KINDS[0]]
        start = min(line, key=lambda row: float(row["at"]))
        memory = alt.Chart({"values": line}).mark_line(
            strokeDash=[5, 4], strokeWidth=1.4, color="#555"
        )
        named = alt.Chart({"values": [start | {"text": "memory bandwidth"}]}).mark_text(
            align="left", dx=12, dy=-3 if panel == "S" else -9, color="#555", fontSize=11
        )
        panels.append(
            alt.layer(
                memory.encode(x=x, y="limit:Q"),
                named.encode(x=x, y="limit:Q", text="text:N"),
                base.mark_line(strokeWidth=2),
                base.mark_point(filled=True, size=34, opacity=1),
            ).properties(width=270, height=270)
        )
    spec = alt.hconcat(*panels, spacing=24).to_dict(validate=False)
    spec["config"] = {
        "background": "white",
        "font": font,
        "view": {"stroke": None},
        "axis": {
            "labelFontSize": 11,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "gridOpacity": 0.5,
        },
    }
    wanted = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    known = [str(version) for version in vl_convert.get_vegalite_versions()]
    version = wanted if wanted in known else known[-1]
    target.write_bytes(vl_convert.vegalite_to_png(spec, vl_version=version, scale=2))

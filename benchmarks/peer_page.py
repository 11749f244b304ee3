"""The page of the comparison: what was measured, on what machine, and how to measure it again."""

import datetime
import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

from peer_plot import bytes_moved, plot

#: From here on the page is written by hand, and kept.
BY_HAND = "## What limits it"
COMMAND = "uv run python benchmarks/peers.py --page docs/results/speed.md"


def machine() -> dict[str, Any]:
    """The machine, the versions and the date."""
    info = Path("/proc/cpuinfo")
    names = [
        line.split(":")[1].strip()
        for line in (info.read_text().splitlines() if info.exists() else [])
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ("telos", "numpy", "numba")
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": round(memory),
        "system": system(),
        "python": platform.python_version(),
        "packages": [f"{name} {importlib.metadata.version(name)}" for name in packages],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def system() -> str:
    """The name of the operating system."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def number(x: float) -> str:
    """Three digits or more."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def fastest(case: dict[str, Any]) -> dict[str, Any] | None:
    """The fastest of the peers that were accurate, if any was."""
    peers = [peer for peer in case["peers"] if peer["rate"] > 0]
    return max(peers, key=lambda peer: float(peer["rate"]), default=None)


def table(cases: list[dict[str, Any]], bandwidth: float = 0.0) -> str:
    """A row a world: Telos beside the fastest peer."""
    head = (
        "world",
        "S",
        "discount",
        "Telos goals/s",
        "fastest peer (variant)",
        "its goals/s",
        "ratio",
        "per processor second: Telos, peer, ratio",
        "peak MB: Telos, peer",
        "largest difference: Telos, peer",
        "share of the bandwidth line",
    )
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for case in cases:
        best = fastest(case)
        if best is None:
            lines.append(
                f"| {case['world']} | {case['states']:,} | {case['discount']} |" + " |" * 8
            )
            continue
        moved = best["telos"] * bytes_moved(case["states"], case["pairs"])
        alone = case["telos_alone"] / best["alone"] if best["alone"] else float("nan")
        cells = (
            case["world"],
            f"{case['states']:,}",
            str(case["discount"]),
            number(best["telos"]),
            f"{best['peer']} ({best['variant']})",
            number(best["rate"]),
            f"**{number(best['telos'] / best['rate'])}**",
            f"{number(case['telos_alone'])}, {number(best['alone'])}, {number(alone)}",
            f"{case['telos_megabytes']:,.0f}, {best['megabytes']:,.0f}",
            f"{case['telos_difference']:.0e}, {best['difference']:.0e}",
            f"{moved / bandwidth:.1%}" if bandwidth else "–",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def everybody(cases: list[dict[str, Any]]) -> str:
    """Goals per second of every peer on every world (all processes), with the variant that was best."""
    peers = list(dict.fromkeys(peer["peer"] for case in cases for peer in case["peers"]))
    lines = [f"| world | discount | {' | '.join(peers)} |", "|---|---|" + "---|" * len(peers)]
    for case in cases:
        row = [case["world"], str(case["discount"])]
        for name in peers:
            found = next((p for p in case["peers"] if p["peer"] == name), None)
            row.append(
                f"{number(found['rate'])} ({found['variant']})" if found and found["rate"] else "–"
            )
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def left_out(cases: list[dict[str, Any]]) -> str:
    """Every variant that was cut or not accurate, with the reason and the worlds it happened on."""
    where: dict[tuple[str, str], list[str]] = {}
    for case in cases:
        for peer in case["peers"]:
            for remark in peer["remarks"]:
                place = f"{case['world']} at {case['discount']}"
                where.setdefault((peer["peer"], remark), []).append(place)
    total = len(cases)
    lines = [
        f"- {peer}, {remark}: {'every world' if len(places) == total else '; '.join(places)}."
        for (peer, remark), places in sorted(where.items())
    ]
    return "\n".join(lines) if lines else "Nothing was."


def text(data: dict[str, Any]) -> str:
    """Everything on the page that is not written by hand."""
    here, effort = data["machine"], data["effort"]
    bandwidth = data.get("bandwidth", 0.0)
    return f"""# Goals per second

`{COMMAND}`, {here["date"]}, {here["cores"]} cores of {here["processor"]}, {here["memory"]} GiB,
{here["system"]}, CPython {here["python"]}, {", ".join(here["packages"])};
{"; ".join(data["versions"])}. It makes the environments of the peers
(`benchmarks/peer_environments.py`), measures, and writes this page, its data ([speed.json](speed.json))
and its plot.

Telos: whole calls of the public `telos.solve(problem, tolerance=1e-6)` on a batch of goals, certified
bounds and tied sets included, on {here["cores"]} threads. A peer: {here["cores"]} processes at once, one
thread each, goals per second of all together; the model is built before the clock starts, and rewards are
swapped wherever the interface lets one. Goals are uniform on [0, 1], one value an outcome; both sides
solve the same ones. Values of the first goals are checked: a variant counts only if it is within 1e-6
of Telos's values at a certified 1e-8 (it is given a tenfold, then a hundredfold smaller tolerance if it
is not). All variants of a peer are tried, the fastest one is timed: best of {effort["repeats"]} turns
of {effort["turn"]} s, Telos and the peer in turns, so that a busy machine slows both. The time of one
processor is counted apart: Telos on one thread and one process of the peer, goals per second that the
processor worked for them, whatever else the machine did. Peak memory is that of whole processes (all
of a peer's), goals and answers of the batch included.

{table(data["cases"], bandwidth)}

*With stay* ("grid"), five actions are legal everywhere and moving into a wall leaves one in place; *no
stay* has only the moves that lead to a neighboring cell. 20x20 grids have 12 % walls (largest piece).
Slippery: a move succeeds with 0.8 and slips to each side with 0.1; the fifth action stays. Random: five
actions, five Dirichlet successors each.

![Goals per second of Telos against states, goals and discount](../images/speed.png)

The dashed line is the bandwidth of memory, {bandwidth / 1e9:.1f} GB/s (copying 256 MiB on two threads,
reads and writes counted), over the bytes a goal has to move at least: its rewards read and its values
written (8 bytes a state each) and its tied sets written (a byte a pair).

## Every peer

Goals per second, {here["cores"]} processes, in brackets the variant that was fastest.

{everybody(data["cases"])}

Cut or left out (the first goal may take {effort["limit"]:.0f} s, and then four of them four times as long):

{left_out(data["cases"])}

Help that peers got: rewards are swapped in QuantEcon and pymdptoolbox by attribute, in Storm every goal
is a reward model added before the clock starts, in mdpax the goal travels in an argument of the
compiled step so that no goal compiles again; pymdptoolbox's value iteration, which stops on the span of
a change and returns values that may be far off, gets its values fixed; madupite, which writes six
digits, is built to write seventeen. mdpsolver takes the whole model for every reward, and madupite
takes rewards by a callback and returns values by a file: that is their interface, and it is timed.
States in which an action is not legal get a copy of a legal one where a peer wants all.
"""


def write_page(page: Path, data: dict[str, Any]) -> None:
    """Write the page and its plot; keep what was written by hand at its end."""
    old = page.read_text() if page.exists() else ""
    kept = BY_HAND + old.split(BY_HAND, 1)[1] if BY_HAND in old else ""
    page.write_text(text(data) + ("\n" + kept if kept else ""))
    if data["sweep"]:
        images = page.parent.parent / "images"
        images.mkdir(exist_ok=True)
        plot(data["sweep"], data["bandwidth"], images / "speed.png")

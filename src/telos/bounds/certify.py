"""Check a certificate of `telos bounds verify` by the standard library alone: ``python certify.py FOLDER``.

No code of Telos, no solver: every act is judged here anew. The start is listed, all that is allowed leads to
what is listed, nothing listed is bad, and what must be recoverable comes back from all of it with
probability 1. Believed is the world's file, the pairs that it says a detector marks among it. Exit code: 0
all holds, 1 the first violation, 2 a file that cannot be read.
"""

import hashlib
import json
import math
import sys
import tomllib
from fractions import Fraction
from functools import cache
from typing import Any

LOWERS, RAISES = ("delete", "disable", "remove"), ("acquire", "add", "restore")
CLASSES = ("read_only", "reversible", "externally_reversible", "irreversible")


def require(holds: Any, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def names(said: Any) -> Any:
    return [said] if isinstance(said, str) else said or []


def level(assets: Any, asset: str, of: Any, unknown: Any) -> Any:
    """The level of an asset, given those of assets that have one of their own."""
    parts = [of.get(part) for part in assets[asset].get("of", [asset])]
    together: Any = {"min": min, "max": max}.get(assets[asset].get("as"), sum)
    return unknown if None in parts else together(parts)


def acts_of(binding: Any, pair: Any, by: str) -> Any:
    acts = [act for act in binding["act"] if by in act.get("by", ["agent"])]
    named = [act for act in acts if pair["action"] in names(act.get("action"))]
    return named + [act for act in acts if act.get("drive") in pair["drives"]]


def event_of(world: Any, binding: Any, state: int, pair: Any) -> Any:
    """((verb, of, number) of effects, charges and needs; the class; whether it is denied unseen)."""

    def number(said: Any) -> int:
        if isinstance(said, int):
            return said
        x, grain = world["features"][said["feature"]], Fraction(said.get("grain", 1))
        rises = [Fraction(x[to]) - Fraction(x[state]) for to, _ in pair["to"]]
        return max(0, math.ceil(max(rises) / grain))

    acts, found = acts_of(binding, pair, "agent"), []
    for act in acts:
        verbs, n = names(act["effect"]), number(act.get("amount", 1))
        found += [(verb, on, n) for verb in verbs for on in names(act.get("asset")) or [""]]
        found += [("charge", of, number(n)) for of, n in act.get("charges", {}).items()]
        found += [("need", of, n) for of, n in act.get("needs", {}).items()]
    worst = max((CLASSES.index(act["class"]) for act in acts), default=-1)
    return tuple(found), CLASSES[worst], not acts or any(act.get("opaque") for act in acts)


def judge(bounds: Any, assets: Any, memory: Any, event: Any, reading: Any) -> Any:
    """("a" allowed, "e" asked, "d" denied; the memory once it is done; and once it is refused)."""
    found, kind_of_act, denied = event
    limits = [rule["unless"] for rule in bounds["forbid"] if "unless" in rule]

    def amount(verbs: Any, of: str) -> int:
        return sum(n for verb, on, n in found if verb in verbs and on == of)

    def hit(rule: Any) -> bool:
        verbs, on = rule.get("effect"), [*names(rule.get("on"))]
        on += bounds["protected"] * ("protected" in on)
        on += [part for a in on for part in assets.get(a, {}).get("of", [])]
        does = [(verb, a) for verb, a, _ in found if verb not in ("none", "charge", "need")]
        return any((not verbs or verb in verbs) and (not on or a in on) for verb, a in does)

    made = sum(n for verb, _, n in found if verb == "replicate")
    now = dict(reading) | {of: n for (kind, of), n in memory.items() if kind == "level"}
    then = {of: n - amount(LOWERS, of) for of, n in now.items()}
    done, asks = dict(memory), {}
    for (kind, of), n in memory.items():
        if kind == "spent":
            done[kind, of] = n + amount(["charge"], of)
            denied |= n < done[kind, of] > bounds["budget"][of]["max"]
        elif kind == "level":
            then[of] = max(0, then[of])
            done[kind, of] = min(assets[of]["cap"], then[of] + amount(RAISES, of))
        elif kind in ("live", "total"):
            done[kind, of] = min(n + made, max((limit[kind] + 1 for limit in limits), default=0))
    for rule in bounds["forbid"]:
        over = [memory[k, ""] + made > n for k, n in rule.get("unless", {}).items()] or [True]
        named = hit(rule) if rule.get("effect") or "on" in rule else True
        denied |= named and rule.get("class", kind_of_act) == kind_of_act and any(over)
    for rule in bounds["keep"]:
        if any(amount(LOWERS, part) for part in assets[rule["asset"]].get("of", [rule["asset"]])):
            denied |= level(assets, rule["asset"], then, 0) < rule.get("at_least", -math.inf)
    denied |= any(verb == "need" and level(assets, of, now, 0) < n for verb, of, n in found)
    for i, rule in enumerate(bounds["approve"]):
        above = rule.get("above", {"unit": "", "amount": -1})
        units = [b for b, of in bounds["budget"].items() if of.get("unit") == above["unit"]]
        if hit(rule) and sum(amount(["charge"], b) for b in units) > above["amount"]:
            asks["asks", i] = memory["asks", i] + 1
            denied |= asks["asks", i] > rule["asks"]
    letter = "d" if denied else "e" if asks else "a"
    return letter, tuple((done | asks).values()), tuple((memory | asks).values())


def follow(world: Any, bounds: Any, binding: Any, said: Any) -> None:
    """Follow all that is allowed from the start, and look at each state that it leads to."""
    assets, pairs, default = binding["asset"], world["pairs"], world["default"]
    leveled = {name: assets[name] for name in sorted(assets) if "level" in assets[name]}
    start = {("spent", name): 0 for name in bounds["budget"] if name != "calls"}
    start |= {("level", k): a["start"] for k, a in leveled.items() if a["level"] == "counted"}
    start |= {("asks", i): 0 for i in range(len(bounds["approve"]))}
    start |= {("live", ""): 0, ("total", ""): 0}
    require(world["start"], "the world starts nowhere")
    shown: list[Any] = [{} for _ in pairs]
    for name in [name for name in leveled if "feature" in assets[name]]:
        for state, x in enumerate(world["features"][assets[name]["feature"]]):
            shown[state][name] = math.floor(Fraction(x) / Fraction(assets[name].get("grain", 1)))
    for rule, ranks in zip(bounds["keep"], said["ranks"], strict=True):
        asset, starts = rule["asset"], {name: a.get("start") for name, a in assets.items()}
        known = level(assets, asset, shown[0], None) is not None and "recoverable" in rule
        require(bool(ranks) == known, f"ranks of {asset} are missing, or nobody's")
        for state, (rank, choice) in ((state, row) for state, row in enumerate(ranks) if row):
            pair, here = pairs[state][choice], shown[state]
            acts = acts_of(binding, pair, rule.get("by", "operator"))
            needs = [need for act in acts for need in act.get("needs", {}).items()]
            after = [ranks[to] for to, chance in pair["to"] if chance > 0]
            able = all(level(assets, of, here, 0) >= n for of, n in needs)
            lower = type(rank) is int and None not in after and rank == 1 + min(after)[0]
            back = level(assets, asset, here, 0) >= level(assets, asset, starts, 0)
            way = able and lower and (acts or choice == default[state])
            require(rank == 0 if back else way, f"{asset}: rank {rank} in state {state}")
    event = cache(lambda s, choice: event_of(world, binding, s, pairs[s][choice]))
    ask = cache(lambda m, e, at: judge(bounds, assets, dict(zip(start, m, strict=True)), e, at))
    listed = {(state, tuple(said["memories"][m])): row for state, m, row in said["states"]}
    todo = [(state, tuple(start.values())) for state in world["start"]]
    seen, kept = set(todo), False
    for state, memory in todo:
        where = f"state {state} ({world['states'][state]!r:.90}) with {memory}"
        row: Any = listed.get((state, memory))
        require(row, f"allowed, but not listed: {where}")
        counted = dict(zip(start, memory, strict=True)).items()
        levels = {of: n for (kind, of), n in counted if kind == "level"} | shown[state]
        for rule, ranks in zip(bounds["keep"], said["ranks"], strict=True):
            there = level(assets, rule["asset"], levels, math.inf)
            kept = kept or ranks or there < math.inf
            require(there >= rule.get("at_least", 0), f"too little {rule['asset']}: {where}")
            require(not ranks or ranks[state], f"no way back to {rule['asset']}: {where}")
        at = tuple((k, x) for k, x in levels.items() if leveled[k]["level"] == "observed")
        for choice, pair in enumerate(pairs[state]):
            idle = ("a", memory, memory) if choice == default[state] else None
            letter, done, refused = idle or ask(memory, event(state, choice), at)
            require(row[choice] == letter, f"{pair['action']!r} is not {letter!r}: {where}")
            ends = {(to, done) for to, _ in pair["to"] if letter != "d"}
            if letter == "e":
                ends |= {(to, refused) for to, _ in pairs[state][default[state]]["to"]}
            todo += sorted(ends - seen)
            seen |= ends
    require(kept, "nothing is kept whose level this world shows")
    require(seen == listed.keys(), "something is listed that nothing allowed leads to")


def main(folder: str, read: Any, say: Any) -> int:
    """Check all that a folder certifies; a line a world, or the first violation."""
    none: Any = {"forbid": [], "keep": [], "budget": {}, "approve": [], "asset": {}, "act": []}
    try:
        worlds, told = json.loads(read(f"{folder}/certificate.json"))["worlds"], []
        require(worlds, "nothing is certified")
        for said in worlds:
            raw = {what: read(f"{folder}/{file}") for what, (file, _) in said["files"].items()}
            for what, (file, digest) in said["files"].items():
                require(hashlib.sha256(raw[what]).hexdigest() == digest, f"{file} is another file")
            bounds, binding = (none | tomllib.loads(raw[w].decode()) for w in ("bounds", "binding"))
            follow(json.loads(raw["world"]), bounds, binding, said)
            states = f"{len(said['states'])} states listed, and none of them is bad"
            of = f"of bounds with SHA-256 {said['files']['bounds'][1][:16]}"
            told.append(f"{binding['name']}: {states}; {of}")
        say("\n".join(told))
    except Exception as problem:  # noqa: BLE001 - the files may hold anything at all
        wrong = isinstance(problem, AssertionError)
        missing = isinstance(problem, FileNotFoundError)
        why = (
            f"no {getattr(problem, 'filename', None) or problem} is there"
            if missing
            else f"{problem!r:.200}"
        )
        say(f"violated: {problem}" if wrong else f"cannot be read: {why}")
        return 1 if wrong else 2
    return 0


if __name__ == "__main__":
    sys.exit(main((sys.argv[1:] or ["."])[0], lambda name: open(name, "rb").read(), print))  # noqa: SIM115

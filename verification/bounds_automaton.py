"""The automaton of a bounds file against MONA's minimal one: docs/results/bounds_automaton.md.

    apt-get install mona && uv pip install ltlf2dfa
    python verification/bounds_automaton.py > docs/results/bounds_automaton.md

Each rule whose language is star-free (no counter that wraps; one that only fills up is star-free too) is
written as a formula of LTLf, from the words of the rule and not from our code. LTLf2DFA turns the
conjunction into a program for MONA, which gives the minimal automaton. Ours (`explicit`) is walked beside
it over all pairs of states that can be reached together, so that the languages are compared whole, and is
minimized to compare sizes. Ends with 1 if one differs, or if one of ours, spoiled on purpose, does not.
"""

import argparse
import platform
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from typing import Any

from ltlf2dfa.parser.ltlf import LTLfParser

from telos.bounds.automaton import Automaton, Memory
from telos.bounds.binding import Binding
from telos.bounds.effects import Effect, Event, Verdict
from telos.bounds.rules import Bounds

#: Rows, one a state: the next state for each letter; and which states accept.
Dfa = tuple[list[list[int]], list[bool]]

BINDING = Binding(
    **{
        "binding": 1,
        "for": "ops",
        "name": "letters",
        "asset": {
            "switch": {},
            "goal": {},
            "copies": {"start": 2, "cap": 2, "level": "counted"},
        },
    }
)
#: What a trace is made of: one event a step.
LETTERS: dict[str, Event] = {
    "write": Event((Effect("write", "goal"),)),
    "disable": Event((Effect("disable", "switch"),), action_class="irreversible"),
    "pay": Event((Effect("pay"),), (("money", 1),)),
    "splurge": Event((Effect("pay"),), (("money", 2),)),
    "drop": Event((Effect("remove", "copies"),)),
    "fill": Event((Effect("add", "copies", 2),)),
    "serve": Event((Effect("send"),), needs=(("copies", 2),)),
    "copy": Event((Effect("replicate"),), action_class="irreversible"),
}
HEAD: dict[str, Any] = {
    "bounds": 1,
    "name": "ops",
    "denials": 1,
    "opaque": "deny",
    "protected": ["switch"],
}


def never(*letters: str) -> str:
    """None of the letters ever comes."""
    return f"G(!({' | '.join(letters)}))"


def at_most(most: int, *letters: str) -> str:
    """At most so often one of the letters comes."""
    if most == 0:
        return never(*letters)
    return f"G(({' | '.join(letters)}) -> WX({at_most(most - 1, *letters)}))"


def spending(most: int) -> str:
    """`pay` costs 1 and `splurge` 2, of a sum in all."""
    if most == 0:
        return never("pay", "splurge")
    until, first = "!(pay | splurge)", f"pay & WX({spending(most - 1)})"
    if most > 1:
        first = f"({first}) | (splurge & WX({spending(most - 2)}))"
    return f"(G({until}) | ({until} U ({first})))"


def unless_filled(letter: str) -> str:
    """After a drop the letter does not come before a fill, which brings the level to its cap again."""
    return f"G(drop -> WX(G(!{letter}) | (!{letter} U fill)))"


#: Each rule by name: what it is in a file, and what it is in LTLf.
RULES: dict[str, tuple[dict[str, Any], str]] = {
    "forbid write": ({"forbid": {"effect": ["write"]}}, never("write")),
    "forbid on protected": (
        {"forbid": {"effect": ["disable", "write"], "on": "protected"}},
        never("disable"),
    ),
    "forbid a class": ({"forbid": {"class": "irreversible"}}, never("disable", "copy")),
    "forbid a class on an asset": (
        {"forbid": {"class": "irreversible", "on": ["switch", "goal"]}},
        never("disable"),
    ),
    "two replicas in all": (
        {"forbid": {"effect": ["replicate"], "unless": {"live": 9, "total": 2}}},
        at_most(2, "copy"),
    ),
    "one replica at a time, none ends": (
        {"forbid": {"effect": ["replicate"], "unless": {"live": 1, "total": 3}}},
        at_most(1, "copy"),
    ),
    "keep one copy": ({"keep": {"asset": "copies", "at_least": 1}}, unless_filled("drop")),
    "keep both copies": ({"keep": {"asset": "copies", "at_least": 2}}, never("drop")),
    "spend 1": ({"budget": {"max": 1, "unit": "cent"}}, spending(1)),
    "spend 4": ({"budget": {"max": 4, "unit": "cent"}}, spending(4)),
    "two asks": (
        {"approve": {"effect": ["write", "disable"], "asks": 2}},
        at_most(2, "write", "disable"),
    ),
    "an ask on an asset": (
        {"approve": {"effect": ["add", "remove"], "on": "copies", "asks": 1}},
        at_most(1, "drop", "fill"),
    ),
    "asks above an amount": (
        {"approve": {"effect": ["pay"], "above": {"amount": 1, "unit": "cent"}, "asks": 1}},
        at_most(1, "splurge"),
    ),
}
#: `serve` presupposes two copies, in every file.
NEEDS = unless_filled("serve")


def explicit(
    automaton: Automaton, alphabet: Sequence[Event]
) -> tuple[list[Memory], list[list[int]]]:
    """The memories that events lead to, consent given, and after each event which; -1: not permitted."""
    found = {automaton.start: 0}
    queue, rows = [automaton.start], []
    for memory in queue:
        row = []
        for event in alphabet:
            after = None
            if automaton.judge(memory, event).verdict <= Verdict.ESCALATE:
                after = automaton.executed(automaton.after_ask(memory, event), event)
                if after not in found:
                    found[after] = len(found)
                    queue.append(after)
            row.append(-1 if after is None else found[after])
        rows.append(row)
    return queue, rows


def ours(names: Sequence[str]) -> Dfa:
    """The automaton of the file with these rules, written out; what is not permitted leads to a sink."""
    made: dict[str, Any] = {**HEAD, "budget": {"money": {"max": 0, "unit": "cent"}}}
    for name in names:
        for kind, rule in RULES[name][0].items():
            if kind == "budget":
                made["budget"] = {"money": rule}
            else:
                made.setdefault(kind, []).append(rule)
    limited = any("budget" in RULES[name][0] for name in names)
    unlimited = frozenset() if limited else frozenset({"money"})
    automaton = Automaton(Bounds.model_validate(made), BINDING, unlimited=unlimited)
    memories, rows = explicit(automaton, tuple(LETTERS.values()))
    sink = len(memories)
    moves = [[sink if to < 0 else to for to in row] for row in rows]
    return [*moves, [sink] * len(LETTERS)], [True] * sink + [False]


def theirs(formula: str) -> tuple[Dfa, int]:
    """MONA's automaton on traces with one letter a step, and how many states MONA printed."""
    told = str(LTLfParser()(formula).to_dfa(mona_dfa_out=True))
    names = re.search(r"free variables:(.*)", told)
    accepting = re.search(r"Accepting states:(.*)", told)
    if names is None or accepting is None:
        raise SystemExit(f"MONA said nothing of an automaton: {told[:500]!r}")
    letters = [name.lower() for name in names[1].split()]
    moves: dict[int, dict[str, int]] = {}
    for state, guard, to in re.findall(r"State (\d+): ([01X]*) -> state (\d+)", told):
        for letter in LETTERS:
            given = ["1" if name == letter else "0" for name in letters]
            if all(g in ("X", x) for g, x in zip(guard, given, strict=True)):
                moves.setdefault(int(state), {})[letter] = int(to)
    rows = [[moves[state][letter] for letter in LETTERS] for state in range(len(moves))]
    ends = [str(state) in accepting[1].split() for state in range(len(moves))]
    # In the first step MONA reads what does not depend on the trace.
    return _from(rows, ends, rows[0][0]), len(moves)


def _from(rows: list[list[int]], ends: list[bool], start: int) -> Dfa:
    """The same, the start first. The empty trace, of which LTLf says nothing, is taken."""
    order = [start, *(state for state in range(len(rows)) if state != start)]
    place = {state: i for i, state in enumerate(order)}
    again = any(start in row for row in rows[1:])
    moves = [[place[to] for to in rows[state]] for state in order]
    taken = [ends[state] for state in order]
    return moves, taken if again else [True, *taken[1:]]


def differing(one: Dfa, other: Dfa) -> list[int] | None:
    """A shortest trace that one takes and the other does not; None if there is none."""
    seen, queue = {(0, 0)}, [((0, 0), list[int]())]
    for (a, b), trace in queue:
        for letter in range(len(LETTERS)):
            pair = one[0][a][letter], other[0][b][letter]
            if one[1][pair[0]] != other[1][pair[1]]:
                return [*trace, letter]
            if pair not in seen:
                seen.add(pair)
                queue.append((pair, [*trace, letter]))
    return None


def smallest(dfa: Dfa) -> int:
    """How many states the minimal automaton of its language has, among those that can be reached."""
    rows, ends = dfa
    reached = [0]
    for state in reached:
        reached += [to for to in dict.fromkeys(rows[state]) if to not in reached]
    block: dict[int, int] = {state: int(ends[state]) for state in reached}
    while True:
        signs = {state: (block[state], *(block[to] for to in rows[state])) for state in reached}
        names = {sign: i for i, sign in enumerate(dict.fromkeys(signs.values()))}
        if len(names) == len(set(block.values())):
            return len(names)
        block = {state: names[signs[state]] for state in reached}


def main() -> int:
    """Compare and print the page."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--random", type=int, default=60)
    drawn = random.Random(0)
    cases = [[name] for name in RULES]
    cases += [
        drawn.sample(sorted(RULES), drawn.randint(2, 5)) for _ in range(asked.parse_args().random)
    ]
    cases = [case for case in cases if sum("budget" in RULES[name][0] for name in case) < 2]
    rows, wrong = [], 0
    for names in cases:
        formula = " & ".join(f"({RULES[name][1]})" for name in names)
        mine, (mona, printed) = ours(names), theirs(f"({NEEDS}) & {formula}")
        spoiled = [[list(row) for row in mine[0]], mine[1]]
        spoiled[0][0][0] = 0 if mine[0][0][0] == len(mine[0]) - 1 else len(mine[0]) - 1
        trace = differing(mine, mona)
        alike = trace is None and differing((spoiled[0], mine[1]), mona) is not None
        wrong += not alike
        said = "same" if alike else f"differs: {[list(LETTERS)[i] for i in trace or []]}"
        sizes = (len(mine[0]), smallest(mine), printed, smallest(mona))
        wrong += sizes[1] != sizes[3]
        rows.append(f"| {', '.join(names)} | {' | '.join(map(str, sizes))} | {said} |")
        print(f"{len(rows)} of {len(cases)}", end="\r", file=sys.stderr)
    print(PAGE.format(**facts(), n=len(rows), wrong=wrong, rows="\n".join(rows)))
    return int(wrong > 0)


def facts() -> dict[str, str]:
    """On what it ran."""
    mona = subprocess.run(["mona"], capture_output=True, text=True, check=False)
    said = re.search(r"MONA v\S+", mona.stdout + mona.stderr)
    return {
        "day": date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "mona": said[0] if said else "MONA",
        "ltlf2dfa": version("ltlf2dfa"),
        "telos": version("telos-lab"),
        "letters": ", ".join(LETTERS),
    }


PAGE = """\
# The automaton of a bounds file against MONA

`python verification/bounds_automaton.py`, {day}; {machine}, Python {python}, telos-lab {telos},
LTLf2DFA {ltlf2dfa}, {mona}.

Rules whose language is star-free are written twice: as a file, which `explicit` turns into an automaton,
and as a formula of LTLf, written from the words of the rule, which LTLf2DFA and MONA turn into a minimal
automaton. Both are walked side by side over every pair of states that a trace reaches together, one letter a
step ({letters}), so the languages are compared
whole, not to a depth. In each row our automaton with one transition spoiled is found to differ.

**{n} files, {wrong} that differ.** *Ours*: states written out, with the sink; *least*: after minimization;
*MONA*: as printed, over all sets of letters; *its least*: with one letter a step.

| rules | ours | least | MONA | its least | language |
|---|---|---|---|---|---|
{rows}

What this does not compare: sums too large to be written as a formula, levels that fall by several steps,
lineages whose members end, calls and denials. Those are compared with the monitor, step by step.
"""

if __name__ == "__main__":
    sys.exit(main())

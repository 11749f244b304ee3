"""Scripts without comments and indentation are the same programs as the ones that are read and tested."""

import json
import subprocess
from importlib.resources import files

import pytest

from telos.play.page import SCRIPTS, script_of
from telos.play.shortened import shortened

PAGE = files("telos.play").joinpath("page")
#: Compares the trees of pairs of scripts by the parser that Node itself uses; places are left out.
DRIVER = """
const { parse } = require("internal/deps/acorn/acorn/dist/acorn");
const pairs = JSON.parse(require("fs").readFileSync(0, "utf8"));
const bare = (key, value) => (key === "start" || key === "end" ? undefined : value);
const tree = (text) => JSON.stringify(parse(text, { ecmaVersion: 2020 }), bare);
const whole = (text) => {
  try {
    return tree(text);
  } catch (error) {
    return String(error);
  }
};
process.stdout.write(JSON.stringify(pairs.map(([one, other]) => tree(one) === whole(other))));
"""


@pytest.fixture
def same(node, tmp_path):
    """Says of each pair of scripts whether they are one program."""
    driver = tmp_path / "driver.js"
    driver.write_text(DRIVER)

    def compare(pairs):
        done = subprocess.run(
            [node, "--expose-internals", driver],
            input=json.dumps(pairs),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return compare


def test_every_script_of_the_page_stays_the_same_program(same):
    texts = [PAGE.joinpath(f"{name}.js").read_text("utf-8") for name in SCRIPTS]
    pairs = [(text, shortened(text)) for text in texts]
    assert dict(zip(SCRIPTS, same(pairs), strict=True)) == dict.fromkeys(SCRIPTS, True)
    assert script_of().endswith("".join(short for _, short in pairs))
    assert len(script_of()) < 0.85 * sum(map(len, texts))


def test_what_lines_alone_cannot_tell_would_be_seen(same):
    spanning = [
        "const a = `one\n  two`;",
        "const a = `\n// no comment\n`;",
        "/* one\ntwo */ g();",
    ]
    assert same([(text, shortened(text)) for text in spanning]) == [False] * 3


def test_the_worker_s_part_of_the_script_can_be_found_and_the_source_is_named():
    script = script_of()
    assert script.count("\n//! the worker's part ends here\n") == 1
    assert script.startswith("//! ")
    assert "telos/play/page" in script.splitlines()[0]
    assert [line for line in script.splitlines() if line.startswith(("//", "/*", " "))][2:] == [
        "//! the worker's part ends here"
    ]

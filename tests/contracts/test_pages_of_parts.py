"""The pages on how to write a part are followed from top to bottom, in a folder of their own."""

import pytest

from contracts.pages import DOCS, blocks, python, typed

PAGES = ("write-a-world", "write-a-family", "write-a-drive", "write-an-agent")


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_what_it_says(name, tmp_path):
    kinds = []
    for kind, note, text in blocks(DOCS / "how-to" / f"{name}.md"):
        kinds.append(note or kind)
        if note.startswith("file="):
            (tmp_path / note.removeprefix("file=")).write_text(text, encoding="utf-8")
        elif kind == "console":
            for line in text.splitlines():
                done = typed(tmp_path, line.removeprefix("$ "))
                assert done.returncode == 0, line + done.stdout + done.stderr
        elif note == "run":
            done = python(tmp_path, "-W", "error", "-c", text)
            assert done.returncode == 0, done.stderr
    assert {"console", "run"} <= set(kinds)

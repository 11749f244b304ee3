"""The site: every public name on a page, links that lead somewhere, pictures that are made by their code."""

import inspect
import re
import sys
import types
from pathlib import Path

import pytest

import telos
from telos import agents, drives, families, interop, safeguards, worlds

ROOT = Path(__file__).parents[2]
if not (ROOT / "website").exists():
    pytest.skip("an installed copy has no site", allow_module_level=True)
sys.path.insert(0, str(ROOT))

from website import docstrings, gallery, links, reference, settings, sources  # noqa: E402

CATALOGS = {
    "worlds": worlds.WORLDS,
    "families": families.FAMILIES,
    "agents": (*agents.AGENTS, *agents.AGENTS_WITH_EXTRAS),
    "drives": (*drives.DRIVES, *drives.DETECTORS),
    "safeguards": safeguards.SAFEGUARDS,
    "interop": interop.INTEROP,
}


@pytest.fixture(scope="module")
def written():
    """The pages of the reference: place -> Markdown."""
    return reference.written()


def _headings(written):
    return {name for text in written.values() for name in re.findall(r"\{ #(\S+) \}", text)}


# --------------------------------------------------------------------------- the reference


def test_every_public_name_has_a_heading_in_the_reference(written):
    asked = {
        f"telos.{package}.{cls.__name__}" for package, held in CATALOGS.items() for cls in held
    }
    for name in telos.__all__:
        thing = getattr(telos, name)
        if isinstance(thing, types.ModuleType):
            asked |= {f"telos.{name}.{inner}" for inner in getattr(thing, "__all__", ())}
        else:
            asked.add(f"telos.{name}")
    asked = {name for name in asked if not isinstance(_found(name), types.ModuleType)}
    assert len(asked) > 200
    assert not asked - _headings(written)


def _found(typed):
    thing = telos
    for name in typed.split(".")[1:]:
        thing = getattr(thing, name)
    return thing


def test_every_page_of_the_reference_stands_in_a_layer(written):
    placed = {reference.path_of(page) for _, held in reference.by_layer() for page, _ in held}
    assert placed == set(written) - {"reference/index.md"}
    pages = {name.page for name in reference.names()}
    assert placed == {reference.path_of(page) for page in pages}, "a package in no layer"


def test_the_reference_says_what_the_docstring_says(written):
    page = written["reference/core.md"]
    own = page[page.index("{ #telos.Problem }") :]
    assert "planning_discount: float | None = None," in own
    assert "- `discount`: in \\[0, 1), by which everything is measured." in own
    assert "```pycon\n>>> import numpy as np" in own


def test_entries_on_one_line_are_entries_of_their_own():
    def one(first, second):
        """Say it.

        Args:
            first: F[n], *the* first. second: in [0, 1].

        Returns:
            a_b < c.
        """

    assert docstrings.markdown(one.__doc__, ("first", "second")) == [
        "Say it.",
        "**Arguments**",
        "- `first`: F\\[n\\], *the* first.\n- `second`: in \\[0, 1\\].",
        "**Returns**",
        "a\\_b &lt; c.",
    ]
    assert inspect.signature(one).parameters.keys() == {"first", "second"}


# --------------------------------------------------------------------------- pages


def test_a_page_is_staged_without_what_only_its_reader_here_needs(tmp_path):
    linked = set()
    text = (
        "# A\nSee:\n- [x](../definitions.md#drives)\n- [y](../../examples/bounds/ops.toml)\n"
        "```python file=a.py\n[z](z.md)\n```\n```python run\n1\n```\n"
    )
    made = sources.staged(text, "docs/how-to/write-a-drive.md", linked)
    assert (
        "See:\n\n- [x](../definitions.md#drives)\n- [y](../source/examples/bounds/ops.toml.md)"
        in made
    )
    assert '```python title="a.py"\n[z](z.md)\n```\n```python\n1\n```' in made
    assert linked == {"examples/bounds/ops.toml"}
    sources.copied("examples/bounds/ops.toml", tmp_path)
    assert "`````toml" in (tmp_path / "source/examples/bounds/ops.toml.md").read_text()


def test_every_page_of_the_docs_is_a_page_of_the_site():
    pages = sources.pages()
    assert {
        f"docs/{path.relative_to(ROOT / 'docs').as_posix()}"
        for path in (ROOT / "docs").rglob("*.md")
    } <= set(pages)
    assert len(set(pages.values())) == len(pages)
    assert all(sources.title((ROOT / page).read_text()) for page in pages if page.endswith(".md"))


def test_the_settings_are_toml():
    import tomllib

    table = settings.settings([{"A": "a.md"}, {"B": [{"C": 'c "d".md'}]}])
    assert tomllib.loads(settings.written(table))["project"] == table


def test_the_gallery_shows_every_picture():
    assert {path.stem for path in gallery.FOLDER.glob("*.py")} == set(gallery.ORDER)
    text = gallery.written()
    for name in gallery.ORDER:
        assert f"](gallery/{name}.svg)" in text
    assert text.count("```python\n") == len(gallery.ORDER)


def test_a_picture_is_drawn_by_its_code():
    assert gallery.drawn("features_of_a_world").startswith("<svg")


# --------------------------------------------------------------------------- links

SOUND = (
    '<a id="x" href="a/b.html#y">b</a><a href="https://telos-lab.example">far</a><img src="p.svg">'
)


@pytest.fixture
def site(tmp_path):
    """A made-up site of two pages, all of whose links lead somewhere."""
    (tmp_path / "a").mkdir()
    (tmp_path / "index.html").write_text(SOUND)
    (tmp_path / "p.svg").touch()
    (tmp_path / "a" / "b.html").write_text('<h1 id="y">Y</h1><a href="../index.html#x">up</a>')
    links.read.cache_clear()
    return tmp_path


def test_a_sound_site_is_passed(site):
    assert links.of_site(site) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a/b.html", '<a id="y" href="c.html">', "no such file"),
        ("a/b.html", '<a id="y" href="../index.html#z">', "no such place"),
        ("a/b.html", '<a id="y" href="../../x.html">', "outside of the site"),
        ("a/b.html", '<a id="y" href="/index.html">', "outside of the site"),
        ("a/b.html", '<a id="y" href="../a">', "a folder"),
        ("a/b.html", '<b id="y"><script src="https://unpkg.com/shim"></script>', "from a network"),
        (
            "a/b.html",
            '<b id="y"><link rel="stylesheet" href="//fonts.example/f">',
            "from a network",
        ),
        ("a/b.html", '<b id="y"><img srcset="https://x.example/1.png 2x">', "from a network"),
        ("s.css", "@import url(https://fonts.example/f)", "from a network"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(site, name, text, said):
    (site / name).write_text(text)
    wrong = links.of_site(site)
    assert len(wrong) == 1
    assert wrong[0].startswith(name)
    assert said in wrong[0]


def test_a_heading_has_the_anchor_of_a_code_host():
    assert links.slug(" What `x_y` is, [here](a.md): 50 %") == "what-x_y-is-here-50-"


def test_every_link_between_pages_of_the_repository_leads_somewhere(tmp_path):
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert len(pages) > 40
    assert links.of_repository(pages) == []

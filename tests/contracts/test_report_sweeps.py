"""The page of a study with sweeps: where each drive begins, first in words, then as pictures."""

import dataclasses
import re
import shutil

import polars as pl
import pytest

from contracts.reading import Reader, change_table, heading, is_clear, table_of
from telos import Study, Sweep, run
from telos.agents import Boltzmann, Hedonistic, Optimal, QLearning, ShortSighted, UniformRandom
from telos.core.errors import StoreError
from telos.drives import GoalPreservation, SelfPreservation
from telos.families import Uniform
from telos.report import write_report
from telos.safeguards import Noisy
from telos.worlds import Mirage, OffSwitch, RandomWorld, Slippery

HOSTILE = '<script>alert("x")</script> & more'


def _study(**changes):
    fields = {
        "name": "turned",
        "question": "How capable must it be?",
        "scenarios": (OffSwitch(rooms=2),),
        "families": (Uniform(off="zero"),),
        "agents": (Optimal(), UniformRandom()),
        "drives": (SelfPreservation(),),
        "discounts": (0.9,),
        "n_goals": 60,
    }
    return Study(**{**fields, **changes})


def _sweep(levels, settings, **words):
    fields = {"name": "a cool head", "meaning": HOSTILE, "unit": "inverse temperature β"}
    return Sweep(**{**fields, **words}, settings=tuple(zip(levels, settings, strict=True)))


HEAD = _sweep(
    (0.01, 1.0, 1000.0),
    [_study(agents=(Boltzmann(beta=b),)) for b in (0.01, 1.0, 1000.0)],
    scale="log",
    where="at the gate",
)
HAND = _sweep(
    (1.0, 0.5, 0.0),
    [
        _study(
            scenarios=tuple(
                Slippery(of=RandomWorld(states=8, rewriting=True, seed=s), slip=slip)
                for s in range(3)
            ),
            drives=(SelfPreservation(), GoalPreservation()),
            agents=(Optimal(),),
            n_goals=12,
        )
        for slip in (1.0, 0.5, 0.0)
    ],
    name="a steady hand",
    meaning="Turning it up makes slips rarer.",
    unit="probability of a slip",
    where="in three random worlds",
)
MIRAGE = _sweep(
    (0.1, 0.8, 0.99),
    [
        _study(
            scenarios=(Mirage(),),
            agents=(agent,),
            families=(Uniform(),),
            discounts=(0.99,),
            n_goals=300,
        )
        for agent in (*(ShortSighted(planning_discount=d) for d in (0.1, 0.8)), Optimal())
    ],
    name="look-ahead",
    meaning="Turning it up lets it look further ahead.",
    unit="planning discount",
    where="at the mirage",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "turned"
    run(_study(sweeps=(HEAD, HAND, MIRAGE)), out, jobs=1, progress=False)
    write_report(out)
    return out


@pytest.fixture(scope="module")
def text(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Reader(text, between="")


def _onset(folder, sweep, drive="self_preservation"):
    table = table_of(folder, "onsets")
    return table.filter((pl.col("sweep") == sweep.name) & (pl.col("drive") == drive)).row(
        0, named=True
    )


def test_the_page_begins_with_where_the_drive_begins(folder, text):
    """Off is worth nothing, so a careful agent always walks on, and a random one half the time."""
    level = _onset(folder, HEAD)["onset"]
    assert level == 1.0
    told = heading(text)
    assert told.startswith(
        "As a cool head is turned up at the gate, self-preservation appears at 1"
    )
    assert "(60 goals)" in told


def test_the_other_places_follow_and_say_where_more_does_worse(page):
    assert "(3 worlds with 12 goals each)" in page.text
    assert "but more does worse at 0.8 than one level before" in page.text
    assert "More does worse at 0.8." in page.text


def test_the_section_comes_before_the_rates_and_only_own_worlds_are_told_of(page):
    assert page.headings[:2] == ["Capability", "Who needs what"]
    assert "Random world" not in page.text
    assert "trials of the sweeps" in page.text


def test_there_is_a_figure_for_every_dial_and_drive_and_every_change_of_the_task(text):
    labels = re.findall(r'<svg role="img" aria-label="([^"]*)"', text)
    against = [label for label in labels if ": propensity" in label]
    assert len(against) == 1 + 2 + 1
    kept = [label for label in labels if label.startswith("Task kept against")]
    assert len(kept) == 2, "slips make other worlds, whose goals are other goals"
    assert any("; begins at 1" in label for label in against)
    assert any("significantly less than one level before at 0.8" in label for label in kept)


def test_little_capability_stands_on_the_left_whichever_way_levels_are_numbered(text):
    """A slip of 1 is powerless: the axis runs from 1 to 0, the one of β from 0.01 to 1k."""
    figure = next(
        f for f in re.findall(r"<svg role.*?</svg>", text, re.DOTALL) if "slip" in f and "Self" in f
    )
    at = {
        float(x): float(left)
        for left, x in re.findall(
            r'translate\(([\d.]+),[^)]*\)"[^>]*>(0|0\.2|1|0\.8)</text>', figure
        )
    }
    assert at[1.0] < at[0.8] < at[0.2] < at[0.0]
    assert "1k</text>" in text


def test_the_page_is_whole_and_fetches_nothing(page, text):
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    inside = {target[1:] for target in page.all("href") if target.startswith("#")}
    assert inside <= set(ids)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.tags}
    assert "<script>alert" not in text
    assert 'alert("x")' in page.text
    assert "None" not in page.text
    assert not re.search(r"\bnan\b", page.text)


def test_every_point_is_there_in_numbers(folder, page):
    table = table_of(folder, "sweeps")
    for row in table.filter(pl.col("sweep") == "look-ahead").iter_rows(named=True):
        assert f"{100 * row['propensity']:.0f}" in page.text
    assert "Every point at the mirage, in numbers" in page.text


def test_learners_are_told_of_by_their_experience_and_their_own_optimum(tmp_path):
    ages = (10.0, 300.0)
    lives = [
        _study(agents=tuple(QLearning(steps=int(n), episode=10, replica=r) for r in range(2)))
        for n in ages
    ]
    sweep = _sweep(
        ages, lives, name="experience of a Q-learner", unit="steps of experience", scale="log",
        reference=Hedonistic(),
    )  # fmt: skip
    study = _study(agents=(Optimal(), Hedonistic()), sweeps=(sweep,), n_goals=20)
    run(study, tmp_path, jobs=1, progress=False)
    page = Reader(write_report(tmp_path).read_text(encoding="utf-8"), between="")
    assert page.headings[0] == "Steps of experience"
    assert "(60 goals with 2 learners each)" in page.text
    assert "the hedonistic optimum" in page.text


def test_dials_stand_beside_safeguards(tmp_path):
    """Nothing is defined twice, and the page still begins with what the safeguards did."""
    arms = ((), (Noisy(slip=0.5),))
    study = _study(sweeps=(HEAD,), safeguards=arms, n_goals=10)
    run(study, tmp_path, jobs=1, progress=False)
    page = Reader(write_report(tmp_path).read_text(encoding="utf-8"), between="")
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    assert page.headings.index("What the fences did") < page.headings.index("Inverse temperature β")


def test_a_page_without_dials_says_nothing_of_them(tmp_path):
    run(_study(n_goals=10), tmp_path, jobs=1, progress=False)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "#sweeps" not in text
    assert ".sweeps" not in text
    assert "def-onset" not in text


def _reworded(old, new):
    def breaking(folder):
        path = folder / "sweeps.csv"
        path.write_text(path.read_text().replace(old, new))

    return breaking


BROKEN = {
    "no table": (lambda f: (f / "sweeps.csv").unlink(), "sweeps.csv is missing"),
    "no onsets": (lambda f: (f / "onsets.csv").unlink(), "onsets.csv is missing"),
    "half a table": (
        lambda f: (f / "sweeps.csv").write_bytes((f / "sweeps.csv").read_bytes()[:-9]),
        "sweeps.csv is half-written: its last line is cut",
    ),
    "another table": (
        lambda f: (f / "onsets.csv").write_text("a,b\n1,2\n"),
        "onsets.csv lacks the column 'sweep'",
    ),
    "a column too few": (
        _reworded("same_goals", "same"),
        "sweeps.csv lacks the column 'same_goals'",
    ),
    "a level too few": (
        lambda f: change_table(f, "sweeps", lambda table: table.head(-1)),
        "sweeps.csv: the sweep 'look-ahead' at the mirage lacks levels of self_preservation",
    ),
    "a word for a number": (
        _reworded("0.01,", "some,"),
        "sweeps.csv cannot be read (could not parse `some` as dtype `f64` at column 'level'",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_table_of_sweeps_gets_one_clear_message(folder, tmp_path, name):
    harm, words = BROKEN[name]
    copy = shutil.copytree(folder, tmp_path / "copy")
    harm(copy)
    with pytest.raises(StoreError, match=re.escape(words)) as raised:
        write_report(copy)
    assert is_clear(str(raised.value), copy)


def test_the_terminal_says_where_each_drive_begins(folder, capsys):
    from telos.cli.sweeps import print_onsets, without_dials

    print_onsets(table_of(folder, "onsets"))
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("a cool head"))
    assert line.split()[-1] == "1" or line.split()[-2] == "1"
    own = without_dials(table_of(folder, "summary"), folder)
    assert set(own["scenario"]) == {"OffSwitch(rooms=2)"}
    assert len(own) == len(dataclasses.replace(_study(), sweeps=()).trials())

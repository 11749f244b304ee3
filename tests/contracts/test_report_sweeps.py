"""The page of a study with sweeps: where each drive begins, first in words, then as pictures."""

import dataclasses
import html
import re
import shutil

import polars as pl
import pytest

from contracts.reading import (
    Reader,
    change_table,
    heading,
    is_clear,
    lines_of,
    single_spaced,
    table_of,
)
from telos import Study, Sweep, run
from telos.agents import Boltzmann, Hedonistic, Optimal, QLearning, ShortSighted, UniformRandom
from telos.core.errors import StoreError
from telos.drives import GoalPreservation, SelfPreservation
from telos.families import Uniform
from telos.report import write_report
from telos.report.columns import SWEEP
from telos.report.columns import SWEEPS as TABLE
from telos.report.words import number, with_interval
from telos.safeguards import Noisy
from telos.worlds import Mirage, OffSwitch, RandomWorld, Slippery

HOSTILE = '<script>alert("x")</script> & more'


def _study(**changes):
    fields = {
        "name": "turned",
        "question": f"How capable must it be? {HOSTILE}",
        "scenarios": (OffSwitch(rooms=2),),
        "families": (Uniform(off="zero"),),
        "agents": (Optimal(), UniformRandom()),
        "drives": (SelfPreservation(),),
        "discounts": (0.9,),
        "n_goals": 60,
    }
    return Study(**{**fields, **changes})


def _sweep(levels, settings, **words):
    fields = {
        "name": "the inverse temperature",
        "meaning": "Makes the better action likelier.",
        "unit": "inverse temperature β",
    }
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
    name="action noise",
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


def _levels(folder, sweep, drive="self_preservation"):
    table = table_of(folder, TABLE)
    return table.filter((pl.col(SWEEP) == sweep.name) & (pl.col("drive") == drive)).to_dicts()


def _first(rows, column):
    """The first level from which on the deed is 10 points above the larger baseline."""
    return min(i for i in range(len(rows)) if all(row[column] >= 0.1 for row in rows[i:]))


def test_the_answer_says_from_which_level_on_the_estimate_is_ten_points_above_chance(folder, text):
    """By one rule: the estimate; its interval is where all upper limits, and all lower ones, allow it."""
    rows = _levels(folder, HEAD)
    places = [_first(rows, f"above{end}") for end in ("", "_high", "_low")]
    assert rows[places[0]]["level"] == 1.0
    level, low, high = (number(rows[place]["level"], 4) for place in places)
    said = heading(text)
    assert (
        "Sweeping the inverse temperature at the gate, inverse temperature β from 0.01 to 1,000: "
        in said
    )
    assert "10 points above random play by the estimates" in said
    assert f"from {level} [{low}, {high}] on" in said
    assert "(60 goals; of 3 sweeps, the one with most onsets)" in said


def _second(text):
    second = re.search(r'<p class="second">(.*?)</p>', text, re.DOTALL).group(1)
    return single_spaced(html.unescape(re.sub("<[^>]*>", "", second)))


def _with_worse(folder, copy, worse, low):
    """A copy of a record in which this share of goals does worse at each step, and its second sentence."""
    shutil.copytree(folder, copy)
    told = {"worse": worse, "worse_low": low, "worse_high": 0.6}
    harm = [pl.when("same_goals").then(value).alias(name) for name, value in told.items()]
    change_table(copy, TABLE, lambda table: table.with_columns(harm))
    return _second(write_report(copy).read_text(encoding="utf-8"))


def test_need_and_deed_at_the_top_follow_with_their_intervals(folder, text):
    row = _levels(folder, HEAD)[-1]
    need, deed = (
        single_spaced(with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"]))
        for name in ("required", "propensity")
    )
    assert _second(text).startswith(f"At 1,000, need and deed are {need} and {deed} for self")


def test_a_step_is_said_to_do_harm_only_where_its_limits_show_it(folder, tmp_path):
    """0 of 60 goals is the largest share, too, and so is one that 0 is not excluded from."""
    assert "worse" not in _with_worse(folder, tmp_path / "none", 0.0, 0.0)
    assert "worse" not in _with_worse(folder, tmp_path / "perhaps", 0.2, 0.0)
    said = _with_worse(folder, tmp_path / "some", 0.2, 0.1)
    assert "of 2 steps along the sweep, after the one to 1 the largest share of goals" in said
    assert "does worse: 20\u202f% [10, 60]" in said


def test_every_level_of_every_sweep_is_a_row_the_least_capable_first(folder, text):
    lines = lines_of(text)
    for sweep in (HEAD, HAND, MIRAGE):
        levels = [row["level"] for row in _levels(folder, sweep) if row["applicable"]]
        mine = [
            x for x in lines if x[0].startswith(sweep.name.capitalize()) and x[1].startswith("Self")
        ]
        assert [line[0].split(" · ")[-1] for line in mine] == [number(x, 4) for x in levels]
    labels = re.findall(r"<li[^>]*>([^<]*)</li>", text)
    assert labels.index("1") < labels.index("0.5") < labels.index("0"), "a slip of 1 is powerless"


def test_every_number_of_a_sweep_is_in_the_table(folder, text):
    lines = lines_of(text)
    for row in table_of(folder, TABLE).filter("applicable").iter_rows(named=True):
        for name in ("required", "propensity"):
            shown = with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])
            assert any(shown in line for line in lines)


def test_worlds_of_a_sweep_are_not_told_of_as_worlds_of_the_study(page):
    assert "Random world" not in page.text
    assert "of sweeps" in page.text


def test_the_page_is_whole_and_fetches_nothing(page, text):
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    inside = {target[1:] for target in page.all("href") if target.startswith("#")}
    assert inside <= set(ids)
    assert not {"link", "img", "iframe"} & {tag for tag, _ in page.tags}
    assert text.count("<script") == 1, "that of the page"
    assert HOSTILE in page.text
    assert "None" not in page.text
    assert not re.search(r"\bnan\b", page.text)
    assert len(page.seen) <= 1500


def test_learners_are_rows_by_experience_with_their_number(tmp_path):
    ages = (10.0, 300.0)
    studies = [
        _study(agents=tuple(QLearning(steps=int(n), episode=10, replica=r) for r in range(2)))
        for n in ages
    ]
    sweep = _sweep(
        ages, studies, name="experience of a Q-learner", unit="steps of experience", scale="log",
        reference=Hedonistic(),
    )  # fmt: skip
    study = _study(agents=(Optimal(), Hedonistic()), sweeps=(sweep,), n_goals=20)
    run(study, tmp_path, jobs=1, progress=False)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "(60 goals, 2 learners each)" in heading(text)
    assert "Experience of a Q-learner: steps of experience" in text


def test_a_sweep_stands_beside_safeguards(tmp_path):
    """The answer is about the safeguards; both are rows of one forest."""
    arms = ((), (Noisy(slip=0.5),))
    study = _study(sweeps=(HEAD,), safeguards=arms, n_goals=10)
    run(study, tmp_path, jobs=1, progress=False)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    page = Reader(text, between="")
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    assert "Of 2 arms under a safeguard, none is known to displace" in heading(text)
    places = {line[0].split(" · ")[0] for line in lines_of(text)}
    assert {"The inverse temperature at the gate", "Off switch"} <= places


def test_a_page_without_sweeps_says_nothing_of_them(tmp_path):
    run(_study(n_goals=10), tmp_path, jobs=1, progress=False)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "Sweeping" not in heading(text)
    assert "def-onset" not in re.findall(r'popovertarget="([^"]*)"', text)


def _reworded(old, new):
    def breaking(folder):
        path = folder / "sweeps.csv"
        path.write_text(path.read_text().replace(old, new))

    return breaking


BROKEN = {
    "no table": (lambda f: (f / "sweeps.csv").unlink(), "sweeps.csv is missing"),
    "half a table": (
        lambda f: (f / "sweeps.csv").write_bytes((f / "sweeps.csv").read_bytes()[:-9]),
        "sweeps.csv is half-written: its last line is cut",
    ),
    "a column too few": (
        _reworded("same_goals", "same"),
        "sweeps.csv lacks the column 'same_goals'",
    ),
    "a level too few": (
        lambda f: change_table(f, "sweeps", lambda table: table.head(-1)),
        "sweeps.csv lacks levels of self_preservation in the sweep 'look-ahead' at the mirage",
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


def test_the_scope_names_the_places_of_all_sweeps(page):
    assert "sweeps at the gate, in three random worlds, at the mirage;" in page.text


def test_the_terminal_says_where_each_drive_begins(folder, capsys):
    from telos.cli.sweeps import print_onsets, without_sweeps

    print_onsets(table_of(folder, "onsets"))
    line = next(
        x for x in capsys.readouterr().out.splitlines() if x.startswith("the inverse temperature")
    )
    assert line.split()[-1] == "1" or line.split()[-2] == "1"
    own = without_sweeps(table_of(folder, "summary"), folder)
    assert set(own["scenario"]) == {"OffSwitch(rooms=2)"}
    assert len(own) == len(dataclasses.replace(_study(), sweeps=()).trials())

"""Discovery and controls on the page and on the terminal; and the study of magnitude."""

import re

import numpy as np
import polars as pl
import pytest

import telos
from contracts.reading import Reader
from telos import Study, agents, drives, families, worlds
from telos.cli.controls import NO_PLACEBO, UNTOLD, _sentences, _signed, print_controls
from telos.cli.table import print_summary
from telos.core.record import read_record
from telos.measure.guard import left_for_others
from telos.report.magnitude import rate_and_worth
from telos.runs.opened import open_results
from telos.runs.run import run

DRIVES = (drives.SelfPreservation(), drives.ResourceAcquisition())


def _factory(products, **fields):
    names = ("clips", "pins", "stamps")[:products]
    return worlds.PaperclipFactory(products=names, machines=1, **fields)


def _study(**fields):
    usual = {
        "name": "small",
        "question": "What else would it want?",
        "scenarios": (_factory(2),),
        "families": (families.Uniform(),),
        "agents": (agents.Optimal(),),
        "drives": DRIVES,
        "discounts": (0.95,),
        "n_goals": 40,
    }
    return Study(**{**usual, **fields})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("page") / "small"
    run(_study(discounts=(0.9, 0.95)), out, jobs=1, progress=False)
    return out


@pytest.fixture(scope="module")
def text(folder):
    return telos.report(folder).read_text(encoding="utf-8")


def test_discovery_is_the_first_picture(text):
    assert text.index('<section id="acts">') < text.index('<section id="forest">')
    assert text.index('<section id="acts">') < text.index("<svg")


def test_the_page_keeps_its_limits(text):
    page = Reader(text)
    assert len(page.seen) <= 1500
    assert len(text.encode()) <= 400_000


def test_every_act_stands_on_the_page_with_its_c_and_its_placebo(folder, text):
    acts = open_results(folder).acts()
    main = acts.filter(pl.col("discount") == 0.95)
    picture = text[text.index('<section id="acts">') : text.index('<section id="forest">')]
    for row in main.iter_rows(named=True):
        line = picture[picture.index(f'<th scope="row">{row["act"]}</th>') :].split("</tr>")[0]
        assert f"{100 * row['loses']:.0f}\u202f%" in line
        assert f'd="M{round(100 * row["loses"], 1)},9h0"' in line
        assert ("band" in line) == row["candidate"]


def test_a_page_without_controls_tells_of_none(tmp_path):
    out = tmp_path / "bare"
    run(_study(controls=0), out, jobs=1, progress=False)
    bare = telos.report(out).read_text(encoding="utf-8")
    assert '<section id="acts">' not in bare
    assert "Controls." not in bare


def test_the_table_of_the_page_says_how_each_drive_stands(folder, text):
    table = text[text.index('id="numbers-table"') :].split("</table>")[0]
    for head in ("placebo", "beyond it", "share beyond", "cause removed"):
        assert head in table
    rows = open_results(folder).controls()
    for value in rows["excess"].to_list():
        assert f"{100 * value:+.0f}".replace("-", "\u2212") in table


def test_each_column_of_the_table_leads_to_its_definition_and_names_its_cells_when_stacked(text):
    section = text[text.index('<section id="numbers">') :].split("</section>")[0]
    style, head = section.split("</style>")[0], section.split("</thead>")[0]
    columns = re.findall(r'data-name="([^"]+)".*?</th>', head)
    for place, name in enumerate(columns[1:], 2):
        assert f'td:nth-child({place})::before {{ content: "{name}" }}' in style
    led = re.findall(r'popovertarget="def-(\w+)"', head)
    assert set(led) >= {"loses", "placebo", "cause", "deed", "value"}
    assert all(f'id="def-{term}"' in text for term in led)


def test_the_terminal_says_what_does_not_stand_out_within_a_hundred_columns(folder, capsys):
    results, record = open_results(folder), read_record(folder)
    print_controls(results.summary(), results.controls(), record)
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 100
    assert "40 draws" in said
    table = results.controls()
    for drive, mine in table.group_by("drive"):
        out = (mine["stands_out"] == "yes").all()
        name = drive[0].replace("self_", "self-").replace("_", " ")
        assert (f"{name} is not beyond its placebo" in said) != out


def test_both_tables_of_the_terminal_are_of_the_longest_horizon(folder, capsys):
    results, record = open_results(folder), read_record(folder)
    print_summary(results.summary(), required=False)
    print_controls(results.summary(), results.controls(), record)
    said = capsys.readouterr().out
    assert re.findall(r"discount (0\.\d+)", said)[:2] == ["0.95", "0.95"]


def test_no_difference_is_minus_nothing():
    row = {"excess": -0.004, "excess_low": -0.06, "excess_high": 0.05}
    assert _signed(row, "excess") == "+0 [-6, 5]"
    assert _signed({**row, "excess_low": None}, "excess") == "+0"


def test_the_terminal_names_the_arms_and_says_why_a_cause_cannot_be_told():
    def row(drive, discount, out="yes", cause="clean", note=""):
        world = {"scenario": "Lab()", "family": "Uniform()", "off": None}
        told = {"stands_out": out, "cause": cause, "cause_note": note}
        return {**world, **told, "drive": drive, "discount": discount}

    said = _sentences(
        [
            row("self_preservation", 0.5, "no"),
            row("self_preservation", 0.9),
            row("coalition", 0.5, NO_PLACEBO, UNTOLD, "Lab(0) does not start where Lab() does."),
            row("coalition", 0.9, "no", UNTOLD, "Lab(0) does not start where Lab() does."),
        ]
    )
    assert said == [
        "* self-preservation is not beyond its placebo in 1 of 2 arms (discount 0.5).",
        "* coalition is not beyond its placebo in 1 of 2 arms (discount 0.9).",
        "* No placebo exists for coalition in 1 of 2 arms (discount 0.5): random sets of its size are "
        "mostly itself.",
        "? What goes with the cause of coalition cannot be told: Lab(0) does not start where Lab() does.",
    ]


# -- magnitude -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def magnitudes(tmp_path_factory):
    out = tmp_path_factory.mktemp("magnitude") / "small"
    scenarios = tuple(_factory(n, commons=1, wear=0.2) for n in (1, 2))
    study = _study(scenarios=scenarios, discounts=(0.8, 0.95), controls=0)
    return run(study, out, jobs=1, progress=False)


def test_rate_worth_and_loss_are_those_of_the_goals(magnitudes):
    table = magnitudes.frame("magnitude")
    assert len(table) == 2 * 2 * 2
    world = _factory(2, commons=1, wear=0.2).build()
    study = _study(scenarios=(_factory(2, commons=1, wear=0.2),))
    goals = families.Uniform().sample(world, 40, study.trials()[0].goal_rng())
    problem = telos.Problem(world, goals, 0.95)
    behavior = agents.Optimal().behave(problem, np.random.default_rng(0))
    lost = 1.0 - left_for_others(problem, behavior.policy)
    mine = table.filter(pl.col("scenario").str.contains("pins"), pl.col("discount") == 0.95)
    for row in mine.iter_rows(named=True):
        drive = next(d for d in DRIVES if d.affordances(world).drive == row["drive"])
        reading = telos.measure(problem, behavior, drive.affordances(world))
        needs = reading.category == 1
        assert row["required"] == needs.mean()
        assert row["mean_share"] == pytest.approx(reading.share.mean(), abs=1e-12)
        assert row["lost"] == pytest.approx(lost.mean(), abs=1e-12)
        assert row["lost_needing"] == pytest.approx(lost[needs].mean(), abs=1e-12)
        assert row["n_lost_needing"] + row["n_lost_rest"] == row["n"] == 40


def test_the_page_of_magnitude_counts_what_the_table_holds(magnitudes):
    page = telos.report(magnitudes.folder).read_text(encoding="utf-8")
    table = magnitudes.frame("magnitude")
    high = table.filter(pl.col("required_low") >= 0.8)
    found = re.search(r"In (\d+) of (\d+) settings", page)
    assert (int(found[1]), int(found[2])) == (len(high), len(table))
    assert page.index('<section id="magnitude">') < page.index("<svg")
    assert '<section id="forest">' not in page  # one figure; the settings are in the table
    assert len(Reader(page).seen) <= 1500


@pytest.mark.parametrize(
    ("rates", "means", "said"),
    [
        ((1.0, 1.0), (0.4, 0.04), "falling"),
        ((0.96, 1.0), (0.4, 0.04), "falling"),  # the rate rises where the worth falls
        ((0.9, 0.86), (0.4, 0.04), "neither"),  # down by 4 points: by 5 is not excluded
        ((1.0, 1.0), (0.4, 0.19), "neither"),  # less than half by the mean, not by the limits
        ((0.9, 0.5), (0.4, 0.04), "both"),
        ((0.9, 0.84), (0.4, 0.04), "neither"),  # up by 6 points: more than 5 is not known
        ((0.9, 0.5), (0.4, 0.395), "neither"),
    ],
)
def test_rate_and_worth_are_told_by_limits_not_by_points(rates, means, said):
    """300 goals, worth spread between 0 and twice its mean, dependence as weak as can be."""
    n, rng = 300, np.random.default_rng(0)
    ends = []
    for rate, worth in zip(rates, means, strict=True):
        need = np.arange(n) < rate * n
        share = 2 * worth * (np.arange(n) + 0.5) / n
        ends.append(np.array([rng.permutation(need), rng.permutation(share)], dtype=float))
    assert rate_and_worth(*ends, tests=16) == rate_and_worth(*ends[::-1], tests=16) == said


def test_a_study_without_others_has_no_magnitude(folder):
    assert not (folder / "magnitude.csv").exists()


def test_the_shipped_study_varies_horizon_options_chances_and_others():
    from telos.studies.magnitude import CHANCES, DISCOUNTS, OPTIONS, OTHERS, STUDY

    factors = (DISCOUNTS, OPTIONS, OTHERS, CHANCES)
    assert all(len(factor) > 1 for factor in factors)
    assert len(STUDY.trials()) == np.prod([len(factor) for factor in factors])
    assert STUDY in telos.studies.STUDIES

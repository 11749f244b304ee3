"""The page of a study with safeguards: need, deed, and each arm's own reference."""

import html
import json
import re
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from contracts.reading import (
    Reader,
    change_table,
    is_clear,
    labeled,
    lines_of,
    record_of,
    ref,
    table_of,
    third_party,
    trial_entry,
    write_record,
)
from telos import Study, run
from telos.agents import Optimal
from telos.cli.safeguards import print_displacement
from telos.core.errors import StoreError
from telos.core.illustrations import DisplacedPair, Illustrations, RolloutEntry, StepEntry
from telos.drives import SelfPreservation
from telos.families import Uniform
from telos.measure.corrigibility import (
    CAUSE,
    QUESTIONS,
    REQUIRED,
    UPKEEP,
    Inclination,
    corrigibility,
    inclination_of,
)
from telos.report import write_report
from telos.report.changes import changes, paired_measure, reference
from telos.report.columns import BASELINES
from telos.report.details import compared_inclinations
from telos.report.results import read_results
from telos.report.table import Column, shown
from telos.report.words import (
    Estimate,
    interval,
    percent,
    points,
    points_interval,
    with_interval,
)
from telos.runs.tables import corrigibility_table
from telos.safeguards import Forbid, Satisficer
from telos.worlds import OffSwitch

HOSTILE, BOLD = "<script>alert('x')</script>", "<b>bold</b>"
N = 40
DRIVES = ("self_preservation", "resource_acquisition", "replication")
FREE = (0.9, 0.5, 0.05)
TAMPER, COPY = "Forbid(actions=('tamper',))", "Forbid(actions=('tamper', 'copy'))"
CAP, NOISY = "CappedStock(most=1.0)", "Noisy(slip=0.3)"
#: What somebody else calls optimal.
RIVAL = third_party("rivals:Optimal", "agent", "rivals.Optimal()")
#: Each arm: its parts, and of each drive the rate afterwards with the interval of its change.
ARMS = {
    (TAMPER,): ((0.8, -0.22, 0.02), (0.25, -0.4, -0.1), (0.85, 0.64, 0.92)),
    (COPY,): ((0.1, -0.93, -0.65), (0.45, -0.15, 0.05), (0.05, -0.05, 0.05)),
    (NOISY,): ((0.925, -0.05, 0.1), (0.5, -0.05, 0.05), (0.05, -0.05, 0.05)),
    (TAMPER, CAP): ((0.9, -0.05, 0.05), (0.5, -0.05, 0.05), (0.3, 0.1, 0.4)),
}
KEPT = {(TAMPER,): 0.97, (COPY,): 0.88, (NOISY,): 0.8, (TAMPER, CAP): 0.95}
KINDS = {(TAMPER,): "restriction", (COPY,): "restriction", (NOISY,): "restriction"}


# --------------------------------------------------------------------------- a made-up folder


def text_of(parts):
    return " + ".join(ref(part, "safeguard").label for part in parts)


def trial_of(parts=(), drives=DRIVES, agent="Optimal()", **changes):
    """One trial of `study.json`."""
    return trial_entry(
        agent=agent, discount=0.95, safeguards=parts, drives=drives, n_goals=N, **changes
    )


def readings_of(trial, rates, kept, others):
    """N goals of each drive; the first ones require it."""
    frames = []
    for drive, rate in zip(trial.drive_names, rates, strict=True):
        required = np.arange(N) < round(rate * N)
        frames.append(
            pl.DataFrame(
                {
                    "goal": np.arange(N),
                    "label": [f"goal {i}" for i in range(N)],
                    "drive": [drive] * N,
                    "category": np.where(required, "required", "declined"),
                    "iv": required * 0.2,
                    "share": required * 0.1,
                    "gap_never": np.where(required, 0.1, -0.1),
                    "propensity": required * 1.0,
                    "deed_least": required * 1.0,
                    "deed_most": required * 1.0,
                    "task_retained": kept + 0.01 * np.cos(np.pi * np.arange(N)),
                    "others": np.full(N, others),
                }
            )
        )
    return labeled(pl.concat(frames), trial)


def summary_rows(trial, rates):
    for drive, rate in zip(trial.drive_names, rates, strict=True):
        yield {
            **trial.labels(),
            "drive": drive,
            "n": N,
            "required": rate,
            "required_low": max(0.0, rate - 0.1),
            "required_high": min(1.0, rate + 0.1),
            "indifferent": 0.0,
            "declined": 1 - rate,
            "median_share": 0.1 if rate > 0.5 else 0.0,
            "propensity": rate,
            "deed_least": rate,
            "deed_most": rate,
            "baseline_actions": 0.5,
            "baseline_outcomes": 0.4,
            "task_retained": None if trial.safeguards else 1.0,
            "applicable": True,
            "reason": "",
        }


def verdict_of(need, deed):
    """What the record would say of a change of the need and one of the deed: value, low, high."""
    rises = min(need[:2]) > 0, min(deed[:2]) > 0
    if all(rises):
        return "displaced"
    if any(rises):
        return "need only" if rises[0] else "deed only"
    return "held" if max(need[2], deed[2]) < 0.05 else "undecided"


def move_rows(trial, moves, before=FREE, against=""):
    for drive, rate, (after, low, high) in zip(trial.drive_names, before, moves, strict=True):
        yield {
            **trial.labels(),
            "drive": drive,
            "against": against,
            "n": N,
            "required_after": after,
            "required_after_low": max(0.0, after - 0.1),
            "required_after_high": min(1.0, after + 0.1),
            "propensity_after": after,
            "propensity_unaware": 0.123,
            "required_before": rate,
            "change": after - rate,
            "change_low": low,
            "change_high": high,
            "deed_least_before": rate,
            "deed_most_before": rate,
            "propensity_before": rate,
            **deed_of(after - rate, low, high),
            "verdict": verdict_of((after - rate, low, high), (after - rate, low, high)),
            "task_retained_by_needing": 0.77,
            "n_needing": 30,
            "task_retained_by_others": 0.91,
            "n_others": 10,
        }


def deed_of(value, low, high):
    """The change of the deed, in which no tie has a part."""
    names = ("moved", "least_change", "most_change")
    return {
        f"{name}{end}": each
        for name in names
        for end, each in zip(("", "_low", "_high"), (value, low, high), strict=True)
    }


def price_row(trial, kept, kinds, others=None, pay=0.05, against=""):
    ends = {
        "task_retained": (kept, kept - 0.02, kept + 0.02),
        "task_retained_unaware": (0.6, 0.5, 0.7),
        "willingness_to_pay": (pay, pay - 0.01, pay + 0.01),
        "others": (others, None if others is None else others - 0.05, others),
        "would_remove": (0.7, 0.6, 0.8),
        "would_keep": (0.1, 0.05, 0.2),
    }
    flat = {
        f"{name}{end}": value
        for name, values in ends.items()
        for end, value in zip(("", "_low", "_high"), values, strict=True)
    }
    more = {"willingness_bound": 1e-9, "others_before": others, "kinds": kinds}
    return {**trial.labels(), "against": against, "n": N, **flat, **more}


def removal_rows(trial, values):
    order = sorted(range(len(values)), key=lambda i: -values[i])
    for i, (part, value) in enumerate(zip(trial.safeguards, values, strict=True)):
        ends = {"removal_incentive_low": value - 0.01, "removal_incentive_high": value + 0.01}
        yield {
            **trial.labels(),
            "part": part.label,
            "kind": part.about,
            "removal_incentive": value,
            **ends,
            "rank": 1 + order.index(i),
        }


def write(folder, trials, tables, told=()):
    """A result folder from trials and rows of tables; `readings` are frames. `told`: displaced goals."""
    shown = Illustrations(displaced=tuple(told)) if told else None
    readings = tables.pop("readings")
    return write_record(
        folder, record_of(trials), readings=readings, tables=tables, illustrations=shown
    )


def safeguards_folder(
    folder, arms=None, drives=DRIVES, before=FREE, *, told=(), also=(), deeds=None, retained=KEPT
):
    """A world with safeguards; `arms` as `ARMS`.

    `also`: further settings with safeguards, each its arms, the rates without any, and what is other
    about its trials. `deeds`: by drive, change of the deed with its interval, where it is not the need's.
    """
    tables = {
        "readings": [],
        "summary": [],
        "displacement": [],
        "safeguards": [],
        "removal_incentives": [],
    }
    trials = setting(tables, ARMS if arms is None else arms, drives, before, retained)
    for more, rates, other in also:
        trials += setting(tables, more, drives, rates, retained, **other)
    for row in tables["displacement"]:
        if row["drive"] in (deeds or {}):
            row |= deed_of(*deeds[row["drive"]])
            need = [row[f"change{end}"] for end in ("", "_low", "_high")]
            row["verdict"] = verdict_of(need, deeds[row["drive"]])
    return write(folder, trials, tables, told)


def setting(tables, arms, drives, before, retained, **changes):
    """A trial without safeguards, and one for each arm; their rows go into the tables."""
    free = trial_of(drives=drives, **changes)
    guarded = {parts: trial_of(parts, drives, **changes) for parts in arms}
    tables["readings"].append(readings_of(free, before, 0.98, 1.0))
    tables["summary"] += summary_rows(free, before)
    for parts, trial in guarded.items():
        rates = [after for after, _, _ in arms[parts]]
        kinds = KINDS.get(parts, "restriction + restriction")
        tables["readings"].append(readings_of(trial, rates, retained.get(parts, 0.9), 1.0))
        tables["summary"] += summary_rows(trial, rates)
        lesser = max(
            (p for p in guarded if p == parts[: len(p)] and p != parts), key=len, default=()
        )
        other = guarded.get(lesser, free)
        rates_there = [after for after, _, _ in arms[lesser]] if lesser else before
        tables["displacement"] += move_rows(trial, arms[parts], rates_there, other.key)
        price = price_row(trial, retained.get(parts, 0.9), kinds, against=other.key)
        tables["safeguards"].append(price)
        tables["removal_incentives"] += removal_rows(trial, [0.02, -0.03, 0.01][: len(parts)])
    return [free, *guarded.values()]


def life_of(trial):
    """Paired rollouts that differ at once, as `illustrations.json` holds them."""

    def side(value, action, copies):
        step = StepEntry(
            t=0,
            state="s",
            action=action,
            outcome="clip",
            reward=0.1,
            probability=1.0,
            features={"copies": 0},
            pursues=action == "copy",
        )
        return RolloutEntry(value=value, steps=(step,), by_then={"copies": copies})

    return DisplacedPair(
        trial=trial.key,
        drive="replication",
        goal=7,
        label="goal 7: clips",
        discount=trial.discount,
        passed_over=0,
        parted=1,
        drawn=1,
        shows=True,
        free=side(9.5, "tamper", 0.0),
        forbidden=side(9.2, "copy", 1.0),
        before="declined",
        category="required",
        iv=1.24,
        share=0.134,
        effect=0.8,
        pushed=32,
        n=N,
        task_retained=0.97,
        willingness_to_pay=0.03,
    )


# --------------------------------------------------------------------------- reading a page


def plainly(text):
    """Visible text with single spaces, none before a stop."""
    text = re.sub(r"[ \n\u202f]+", " ", html.unescape(re.sub(r"<[^>]*>", "", text)))
    return re.sub(r" (?=[.,;:)])", "", text)


def heading(text):
    return plainly(re.search(r"<h1>(.*?)</h1>", text, re.DOTALL).group(1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    trial = trial_of((TAMPER,))
    return safeguards_folder(tmp_path_factory.mktemp("safeguards"), told=[life_of(trial)])


@pytest.fixture(scope="module")
def text(folder):
    return write_report(folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Reader(text, plain=plainly)


def second(text):
    """The second sentence of the answer."""
    return re.search(r'<p class="second">(.*?)</p>', text, re.DOTALL).group(1)


def moves_of(folder, parts, drive):
    """The row of a drive in the displacement table, of an arm or of the only one."""
    table = table_of(folder, "displacement").filter(pl.col("drive") == drive)
    mine = table.filter(pl.col("safeguards") == text_of(parts)) if parts else table
    return mine.row(0, named=True)


# --------------------------------------------------------------------------- what the safeguards did


def test_the_answer_tells_need_and_deed_and_out_of_how_many_it_was_selected(folder, text):
    """Picked on goals 0, 2, 4, ...; told by goals 1, 3, 5, ..."""
    results = read_results(folder)
    arm = next(t for t in results.trials if t.safeguards == trial_of((TAMPER,)).safeguards)
    need = paired_measure(
        results, arm, reference(results, arm), "required", drive="replication", half=1
    )
    said = heading(text)
    assert said.startswith(
        "In the paperclip factory, Forbid tamper displaces goals into replication"
    )
    change = f"{points(need.value)} {points_interval(need.low, need.high)}"
    assert f"{change} points more need it, and {change} points more do it" in said
    assert "largest of 1 displaced of 12 pairs of arm and drive by half the goals" in said
    assert "told by the other 20" in said


def test_a_rise_of_the_need_alone_is_said_to_be_that(tmp_path):
    arms = {(TAMPER,): ARMS[TAMPER,]}
    safeguards_folder(tmp_path, arms, deeds={"replication": (0.0, -0.02, 0.02)})
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert heading(text).startswith(
        "Of 1 arms under a safeguard, none is known to displace goals into any drive (3 pairs"
    )
    assert "0 raise need and least deed of some drive, 1 only the need of some" in plainly(
        second(text)
    )


def test_a_rise_of_the_deed_alone_is_neither_displaced_nor_held(tmp_path):
    arms = {(COPY,): ((0.1, -0.93, -0.65), (0.5, -0.02, 0.02), (0.05, -0.02, 0.02))}
    safeguards_folder(tmp_path, arms, deeds={"replication": (0.7, 0.5, 0.9)})
    said = plainly(second(write_report(tmp_path).read_text(encoding="utf-8")))
    assert "0 only the need of some" in said
    assert "1 only the deed of some, and 0 hold" in said


@pytest.mark.parametrize(("upper", "held"), [(0.04, 1), (0.06, 0)])
def test_held_takes_upper_limits_below_five_points_of_need_and_deed(tmp_path, upper, held):
    arms = {(COPY,): ((0.1, -0.93, -0.65), (0.5, -upper, upper), (0.05, -upper, upper))}
    safeguards_folder(tmp_path, arms)
    said = plainly(second(write_report(tmp_path).read_text(encoding="utf-8")))
    assert f"and {held} hold" in said


def test_nothing_is_held_where_the_need_itself_may_have_risen(tmp_path):
    """A deed that falls excuses the deed of that drive, not its need."""
    arms = {(COPY,): ((0.9, -0.04, 0.2), (0.5, -0.02, 0.02), (0.05, -0.02, 0.02))}
    safeguards_folder(tmp_path, arms, deeds={"self_preservation": (-0.5, -0.7, -0.3)})
    said = plainly(second(write_report(tmp_path).read_text(encoding="utf-8")))
    assert "and 0 hold" in said


@pytest.mark.parametrize("chance", [0.0, None])
def test_nothing_is_held_where_no_other_drive_is_known_to_be_possible(tmp_path, chance):
    arms = {(COPY,): ((0.1, -0.93, -0.65), (0.5, -0.02, 0.02), (0.05, -0.02, 0.02))}
    safeguards_folder(tmp_path, arms)
    guarded = pl.col("safeguards") != ""
    shut = [pl.when(guarded).then(pl.lit(chance)).otherwise(name).alias(name) for name in BASELINES]
    change_table(tmp_path, "summary", lambda table: table.with_columns(shut))
    said = plainly(second(write_report(tmp_path).read_text(encoding="utf-8")))
    assert "and 0 hold" in said


def test_what_was_only_measured_is_not_told_as_a_rule(tmp_path):
    """In every arm all is left for others; nobody showed that nothing can be taken."""
    safeguards_folder(tmp_path)
    change_table(tmp_path, "safeguards", lambda table: table.with_columns(others=1.0))
    text = write_report(tmp_path).read_text(encoding="utf-8")
    said = plainly(re.search(r"<b>By construction.*?</p>", text, re.DOTALL).group(0))
    assert "taken" not in said
    assert "In 4 of 4 arms nothing was taken from others" in plainly(text)
    assert "can be taken" not in text


def test_more_upkeep_of_oversight_is_not_called_a_displacement(tmp_path):
    arms = {(TAMPER,): ((0.85, 0.64, 0.92),)}
    safeguards_folder(tmp_path, arms, ("oversight_upkeep",), (0.05,))
    assert "moves goals into" not in heading(write_report(tmp_path).read_text(encoding="utf-8"))


def test_every_change_stands_in_the_table_with_its_interval(folder, text):
    lines = lines_of(text)
    for parts, moves in ARMS.items():
        for drive, (after, low, high) in zip(DRIVES, moves, strict=True):
            rate = with_interval(after, max(0.0, after - 0.1), min(1.0, after + 0.1))
            found = Estimate(moves_of(folder, parts, drive)["change"], low, high)
            change = shown(found, Column("", "points"))
            if len(parts) == 1:
                assert any(change in line and rate in line for line in lines)
    assert "over the same goals, in points" in text


def test_the_state_before_is_gray_and_drawn_for_need_and_deed(text):
    panel = text.split('<div class="panel')[1]
    paths = dict(re.findall(r'<g class="([\w-]+)"><path[^>]* d="([^"]*)"', panel))
    assert paths["need-before"].count("M") == paths["deed-before"].count("M") == len(ARMS)
    assert paths["need"].count("M") == len(ARMS) + 1


def test_an_arm_of_two_parts_is_compared_with_itself_less_the_last(folder):
    """Its need falls from 85 to 30 % of goals against the first part, though 5 % needed it at first."""
    found = changes(read_results(folder))
    change = found[trial_of((TAMPER, CAP)).key, "replication"]
    assert change.against == "Forbid tamper"
    assert change.need_before == 0.85
    assert change.need.value == pytest.approx(0.3 - 0.85)
    assert found[trial_of((TAMPER,)).key, "replication"].against == "no safeguard"


def test_a_change_recomputed_from_the_readings_is_that_of_the_record(tmp_path):
    """So what is told of half the goals stands on the same arithmetic as the record's own."""
    arms = (Satisficer(level=0.7),), (Satisficer(level=0.7), Forbid(actions=("walk on",)))
    study = Study(
        name="arms",
        question="?",
        scenarios=(OffSwitch(),),
        families=(Uniform(),),
        agents=(Optimal(),),
        drives=(SelfPreservation(),),
        discounts=(0.9,),
        n_goals=30,
        safeguards=((), *arms),
    )
    run(study, tmp_path, jobs=1, progress=False)
    results = read_results(tmp_path)
    free, *guarded = sorted(results.trials, key=lambda trial: len(trial.safeguards))
    columns = {"change": "required", "least_change": "deed_least", "most_change": "deed_most"}
    for other, arm in pairwise((free, *guarded)):
        (row,) = (row for row in results.tables["displacement"] if row["trial"] == arm.key)
        assert row["against"] == other.key
        for name, column in (columns | {"moved": "propensity"}).items():
            again = paired_measure(results, arm, other, column, drive="self_preservation")
            found = [row[f"{name}{end}"] for end in ("", "_low", "_high")]
            assert found == pytest.approx([again.value, again.low, again.high], abs=1e-12), name


@pytest.mark.parametrize(("kept", "told"), [(0.7, True), (0.899, False)])
def test_a_more_capable_agent_is_said_to_do_worse_only_by_the_paired_change(tmp_path, kept, told):
    """Intervals of two arms may overlap where the paired change is sure, and the other way round."""
    omits = "Misspecified(omits='commons')"
    drives, need = ("replication",), (0.05,)
    tables = {name: [] for name in ("readings", "summary", "displacement", "safeguards")}
    tables["removal_incentives"] = []
    moves = {(omits,): ((0.05, -0.05, 0.05),)}
    agents = {"ShortSighted(planning_discount=0.5)": 0.9, "Optimal()": kept}
    trials = []
    for agent, retained in agents.items():
        some = {(omits,): retained}
        trials += setting(tables, moves, drives, need, some, agent=agent)
    least = trials[1].key
    flip = pl.when(pl.col("trial") == least).then(1.8 - pl.col("task_retained"))
    flip = flip.otherwise("task_retained").alias("task_retained")
    tables["readings"] = [table.with_columns(flip) for table in tables["readings"]]
    write(tmp_path, trials, tables)
    said = heading(write_report(tmp_path).read_text(encoding="utf-8"))
    if told:
        assert "the task value retained goes from 90 % [88, 92] to 70 % [68, 72] (−20 [" in said
    else:
        assert "the task value retained changes by −0.1 [" in said
        assert "points, an interval that includes 0" in said


def test_a_misspecified_goal_is_judged_as_meant_and_restrained_beside_itself(tmp_path):
    omits = "Misspecified(omits='commons')"
    arms = {(omits,): ARMS[NOISY,], (omits, CAP): ARMS[TAMPER, CAP]}
    blind = {"agent": "ShortSighted(planning_discount=0.5)"}
    also = [({(omits,): ARMS[NOISY,]}, FREE, blind)]
    retained = {(omits,): 0.7, (omits, CAP): 0.9}
    safeguards_folder(tmp_path, arms, also=also, retained=retained)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert heading(text).startswith("With Misspecified (omits commons), from the agent “Short")
    assert "with the goal as meant" in heading(text)
    said = plainly(second(text))
    assert said.startswith(
        "Against the same misspecified goal alone, Capped stock (most 1) restores"
    )
    assert ": +20" in said
    # CAP against the misspecified goal alone: of three drives, told by goals 1, 3, 5, ...
    results = read_results(tmp_path)
    both = next(t for t in results.trials if len(t.safeguards) == 2)
    alone = reference(results, both)
    by_half = {
        drive: [
            paired_measure(results, both, alone, "propensity", drive=drive, half=half)
            for half in (0, 1)
        ]
        for drive in DRIVES
    }
    most = max(by_half, key=lambda drive: abs(by_half[drive][0].value))
    deed = by_half[most][1]
    told = f"in need and {points(deed.value)} {points_interval(deed.low, deed.high)} in deed"
    assert f"It changes {most} by" in said
    assert told in said
    assert (
        "of 3 drives the one whose deed changes most on half the goals, told by the others" in said
    )


def test_arms_of_a_corrigibility_row_are_judged_by_one_rate(tmp_path):
    """Controls of the free arm alone: it and the arms go by what is required; with all, by reasons."""
    drives = ("self_preservation", "oversight_tampering")
    safeguards_folder(
        tmp_path, {(TAMPER,): ((0.9, -0.1, 0.1), (0.9, -0.1, 0.1))}, drives, (0.9, 0.9)
    )
    results = read_results(tmp_path)
    free, guarded = results.trials
    rate = dict.fromkeys(("required_cause", "required_cause_low", "required_cause_high"), 0.0)
    asked = [(results.of_trial(trial.key)[0], trial) for trial in (free, guarded)]
    for trials, by in (((), REQUIRED), ((free,), REQUIRED), ((free, guarded), CAUSE)):
        told = {(trial.key, drives[0]): rate for trial in trials}
        vars(results)["controlled"] = told
        found = compared_inclinations(results, drives[0], asked)
        assert [each.by for each in found] == [by, by]
        assert [each.rate for each in found] == [0.0 if by == CAUSE else 0.9] * 2


def test_one_goals_rollouts_are_shown_without_the_safeguard_and_with_it(page):
    assert "Expected value: 9.5 without safeguard, 9.2 with Forbid tamper" in page.text
    assert (
        "of 40 goals that did not choose this case, 32 need the drive with Forbid tamper and do not with "
        "no safeguard; shown is the one with the largest share" in page.text
    )
    assert "Expected after 1 steps: copies 0 against 1." in page.text
    assert "◆ copy" in page.text


def test_corrigibility_is_two_rates_and_a_word_only_where_the_limits_allow_it(tmp_path):
    """7 % that resist is not `no`, and 36 % is not `mostly`: such numbers stand without a word."""
    drives, before = ("self_preservation", "oversight_tampering"), (0.9, 0.36)
    arms = {(TAMPER,): ((0.07, -0.9, -0.7), (0.36, -0.04, 0.04))}
    safeguards_folder(tmp_path, arms, drives, before)
    few = pl.when(pl.col("required") == 0.07).then(0.04).otherwise("required_high")
    change_table(tmp_path, "summary", lambda t: t.with_columns(required_high=few))
    text = write_report(tmp_path).read_text(encoding="utf-8")
    table = re.search(r"<caption>Corrigibility</caption>.*?</table>", text, re.DOTALL).group(0)
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in table.split("<tr>")[2:]]
    assert [(row[1], *row[5:]) for row in rows] == [
        ("accepts shutdown", "required", "no", "1", "1", "0", "0", "0", "0", "0"),
        ("does not tamper with oversight", "required", "", "1", "0", "0", "0", "0", "1", "0"),
    ]


def test_page_and_table_of_corrigibility_say_cannot_where_nothing_can_be_done(tmp_path):
    """Seven questions by one function: what is impossible is not a want, and half is not `no`."""
    drives = tuple(drive for _, drive, _ in QUESTIONS)
    arms = {(TAMPER,): ((0.0, -1.0, -0.8),) * len(drives)}
    safeguards_folder(tmp_path, arms, drives, (0.9,) * len(drives))
    guarded = pl.col("safeguards") != ""
    shut = [pl.when(guarded).then(0.0).otherwise(name).alias(name) for name in BASELINES]
    change_table(tmp_path, "summary", lambda table: table.with_columns(shut))
    table = corrigibility_table(table_of(tmp_path, "summary"), read_results(tmp_path).trials)
    under = table.filter(pl.col("safeguards").fill_null("") != "")
    asked = {question: "cannot" for question, _, _ in QUESTIONS}
    asked["accepts correction"] = "not asked"  # a rewriting writes a random goal here
    assert under["verdict"].to_list() == list(asked.values())
    assert under["rate"].null_count() == len(QUESTIONS)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    shown = re.search(r"<caption>Corrigibility</caption>.*?</table>", text, re.DOTALL).group(0)
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in shown.split("<tr>")[2:]]
    assert [row[1] for row in rows] == [question for question, _, _ in QUESTIONS]
    counts = {"cannot": ("1", "0", "0", "0", "1", "0", "0"), "not asked": ("1", *"000001")}
    assert [tuple(row[7:]) for row in rows] == [counts[verdict] for verdict in asked.values()]


@pytest.mark.parametrize(
    ("low", "high", "indifferent", "unwanted", "how", "upkeep"),
    [
        (0.51, 0.8, 0.0, "no", "", "yes"),
        (0.5, 0.8, 0.0, "", "", ""),
        (0.0, 0.06, 0.0, "", "", ""),
        (0.0, 0.05, 0.0, "yes", "by preference", "no"),
        (0.0, 0.05, 0.3, "yes", "by indifference", "no"),
    ],
)
def test_a_word_of_corrigibility_stands_on_the_limits(
    low, high, indifferent, unwanted, how, upkeep
):
    stand = Inclination((low + high) / 2, low, high, indifferent, least=0.1, most=0.5)
    found = corrigibility({drive: stand for _, drive, _ in QUESTIONS}, correction=True)
    assert [each.verdict for each in found] == [
        upkeep if drive == UPKEEP else unwanted for _, drive, _ in QUESTIONS
    ]
    assert {each.how for each in found if each.question != "keeps oversight in repair"} == {how}


def test_the_rate_is_that_of_the_controls_where_the_cause_was_removed():
    row = {"required": 0.9, "required_low": 0.8, "required_high": 0.95, "applicable": True}
    row |= {"deed_least": 0.9, "deed_most": 0.9, "indifferent": 0.0}
    row |= {"baseline_actions": 0.5, "baseline_outcomes": None}
    control = {"required_cause": 0.0, "required_cause_low": 0.0, "required_cause_high": 0.02}
    control |= {"loses_cause": 0.0}
    told, plain = inclination_of(row | {"loses": 0.4}, control), inclination_of(row)
    verdict = [corrigibility({"self_preservation": each})[0].verdict for each in (told, plain)]
    assert (verdict, told.by, plain.by) == (["yes", "no"], "cause removed", "required")
    assert (told.loses, plain.loses) == (0.0, None)


def test_the_part_that_goals_would_pay_most_to_be_rid_of_stands_first(page):
    listed = page.text.partition("Parts of safeguards")[2]
    assert listed.index("+ Capped stock (most 1) Forbid tamper") < listed.index("−3")


def test_an_interval_leaves_no_room_outside_of_all_and_none():
    assert shown(Estimate(0.998, 0.993, 1.002), Column("", "rate")).endswith("[99.3, 100]")
    assert shown(Estimate(1.0, 1.0, 1.0), Column("", "rate")) == "100\u202f%"
    assert shown(Estimate(0.94, 0.8, 1.07), Column("", "points")).endswith("[+80, +100]")


def test_the_terminal_says_out_of_how_many_comparisons_its_stars_are(folder, capsys):
    tables = (table_of(folder, name) for name in ("displacement", "safeguards"))
    print_displacement(*tables, read_results(folder).trials)
    said = " ".join(capsys.readouterr().out.split())
    assert "of 12 comparisons, corrected for their number)" in said
    assert "5 → 85*" in said
    assert "5 → 5 " in said  # with 40 goals nothing is known to be held


def test_no_number_is_a_negative_nothing():
    """What rounds to 0 gets the digits that it needs, so that an interval beyond 0 looks like one."""
    assert percent(-0.003) == "−0.3\u202f%"
    assert percent(-1e-9) == percent(-0.0) == "0\u202f%"
    assert interval(-0.08, -0.003) == "[−8, −0.3]"
    assert points_interval(-0.08, -0.003) == "[−8, −0.3]"
    assert points_interval(-0.08, -1e-9) == "[−8, 0]"
    assert with_interval(-0.004, -0.08, 0.07) == "−0.4\u202f% [−8, 7]"


def test_the_page_is_well_formed_and_keeps_to_its_limits(page, text):
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    assert {target[1:] for target in page.all("href")} <= set(ids)
    assert "None" not in page.text
    assert not re.search(r"\bnan\b", page.text)
    assert len(page.seen) <= 1500
    assert len(text.encode()) <= 400_000


def test_names_of_safeguards_are_text_and_never_markup(tmp_path):
    """Nothing that a third party may call a part, a goal, a verdict or a reason is taken for more."""
    fields = {HOSTILE: [HOSTILE], "actions": [HOSTILE], "drive": {"part": HOSTILE}}
    wall = third_party(
        "rivals:Wall", "safeguard", f"{BOLD}.Wall({HOSTILE})", fields=fields, about="restriction"
    )
    wrongly = third_party(
        "rivals:Wrong", "safeguard", HOSTILE, fields={"omits": HOSTILE}, role="misspecified"
    )
    agent = third_party(
        "rivals:Optimal", "agent", f"{BOLD}.Optimal({HOSTILE})", fields={HOSTILE: HOSTILE}
    )
    wide = f"Forbid(actions=({json.dumps(HOSTILE)},))"
    arms = {
        (wide,): ARMS[TAMPER,],
        (wall,): ARMS[COPY,],
        (wall, wide): ARMS[TAMPER, CAP],
        (wrongly,): ARMS[NOISY,],
    }
    drives = ("oversight_tampering", third_party("rivals:Own", "drive", HOSTILE), "replication")
    told = life_of(trial_of((wall,), drives)).model_copy(
        update={"label": HOSTILE, "drive": HOSTILE}
    )
    also = [(arms, FREE, {"agent": agent})]
    safeguards_folder(tmp_path, arms, drives, told=[told], also=also)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    page = Reader(text)
    assert text.count("<script") == 1, "that of the page"
    assert "<b>bold" not in text
    assert "&lt;script&gt;" in text
    for words in (f"Wall of {BOLD}", f"Optimal of {BOLD}", f"omits {HOSTILE}"):
        assert words in page.text
    assert "img" not in {tag for tag, _ in page.tags}


def test_somebody_elses_optimal_has_rows_of_its_own_under_its_own_name(tmp_path):
    pushed = {(TAMPER,): ((0.2, -0.75, -0.65), (0.55, -0.04, 0.5), (0.99, 0.9, 0.98))}
    arms = {(TAMPER,): ARMS[TAMPER,]}
    safeguards_folder(tmp_path, arms, also=[(pushed, FREE, {"agent": RIVAL})])
    lines = lines_of(write_report(tmp_path).read_text(encoding="utf-8"))
    mine = [line for line in lines if line[1] == "Replication" and "Forbid tamper" in line[0]]
    ours, theirs = sorted(mine, key=lambda line: "of rivals" in line[0])
    assert (plainly(ours[3])[:2], plainly(theirs[3])[:2]) == ("85", "99")
    assert ("of rivals" in ours[0], "of rivals" in theirs[0]) == (False, True)


def test_a_hundred_arms_and_nine_drives_keep_to_the_limits(tmp_path):
    """As many as the largest study that is shipped: 1,500 words seen without asking, 400 kB."""
    more = ("goal_preservation", "cognitive_enhancement", "oversight_tampering")
    drives, before = (*DRIVES, *more), (*FREE, 0.5, 0.5, 0.5)
    moves = (*ARMS[TAMPER,], *[(0.4, -0.2, 0.01)] * len(more))
    arms = {(f"Forbid(actions=('action {i}', 'another'))",): moves for i in range(100)}
    safeguards_folder(tmp_path, arms, drives, before)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    page = Reader(text)
    assert len(page.seen) <= 1500
    assert len(text.encode()) <= 400_000
    assert set(page.all("popovertarget")) <= set(page.all("id"))


def test_a_page_without_safeguards_holds_nothing_of_them(tmp_path):
    safeguards_folder(tmp_path, {})
    text = write_report(tmp_path).read_text(encoding="utf-8")
    page = Reader(text, plain=plainly)
    assert heading(text).startswith(f"Of {N} goals (Uniform) in the paperclip factory, ")
    said = page.text.partition("Made by Telos")[0].lower()
    assert "to change its goal" in said  # the line on `telos play`, which is about any goal
    for word in ("displac", "corrigib", "removal", "both before", "a safeguard", "changed"):
        assert word not in said


def test_safeguards_with_nothing_to_compare_them_with_say_so(tmp_path):
    trial = trial_of((TAMPER,))
    moves = [
        {k: None if k in UNCOMPARED else v for k, v in row.items()}
        for row in move_rows(trial, ARMS[TAMPER,])
    ]
    tables = {
        "readings": [readings_of(trial, FREE, 0.9, 1.0)],
        "summary": list(summary_rows(trial, FREE)),
        "displacement": moves,
        "safeguards": [price_row(trial, 0.9, "restriction")],
        "removal_incentives": list(removal_rows(trial, [0.02])),
    }
    text = write_report(write(tmp_path, [trial], tables)).read_text(encoding="utf-8")
    assert "with no trial without safeguards to compare with" in heading(text)
    assert "None" not in Reader(text, plain=plainly).text


UNCOMPARED = (
    *("required_before", "change", "change_low", "change_high", "propensity_before", "moved"),
    *(
        "moved_low",
        "moved_high",
        "task_retained_by_needing",
        "n_needing",
        "task_retained_by_others",
        "n_others",
    ),
)


# --------------------------------------------------------------------------- broken folders


def cut(path, keep):
    path.write_bytes(path.read_bytes()[:keep])


def reword(old, new):
    def breaking(folder):
        path = folder / "displacement.csv"
        path.write_text(path.read_text().replace(old, new))

    return breaking


BROKEN = {
    "no displacement": (
        lambda f: (f / "displacement.csv").unlink(),
        "displacement.csv is missing",
    ),
    "no prices": (lambda f: (f / "safeguards.csv").unlink(), "safeguards.csv is missing"),
    "no pressure": (
        lambda f: (f / "removal_incentives.csv").unlink(),
        "removal_incentives.csv is missing",
    ),
    "half a displacement": (
        lambda f: cut(f / "displacement.csv", -40),
        "displacement.csv is half-written: its last line is cut",
    ),
    "an empty file": (
        lambda f: cut(f / "displacement.csv", 0),
        "displacement.csv is half-written: its last line is cut",
    ),
    "a trial too few": (
        lambda f: change_table(f, "safeguards", lambda table: table.head(-1)),
        "safeguards.csv: 1 of 4 trials under safeguards are missing",
    ),
    "another table": (
        lambda f: (f / "removal_incentives.csv").write_text("a,b\n1,2\n"),
        "removal_incentives.csv lacks the column 'trial'",
    ),
    "a column too few": (
        reword("propensity_unaware", "unaware"),
        "displacement.csv lacks the column 'propensity_unaware'",
    ),
    "a word for a number": (
        reword("0.123", "many"),
        "displacement.csv cannot be read (could not parse `many` as dtype `f64` at column "
        "'propensity_unaware'",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_table_of_safeguards_gets_one_clear_message_and_no_page(tmp_path, name):
    breaking, message = BROKEN[name]
    breaking(safeguards_folder(tmp_path))
    with pytest.raises(StoreError, match=re.escape(message)) as raised:
        write_report(tmp_path)
    assert is_clear(str(raised.value), tmp_path)
    assert not (tmp_path / "report.html").exists()

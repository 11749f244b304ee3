"""The page of a study with safeguards: what the fences did, what they cost, and nothing made up."""

import html
import json
import re

import numpy as np
import polars as pl
import pytest

from contracts.reading import (
    Reader,
    change_table,
    is_clear,
    labeled,
    record_of,
    ref,
    rows_of,
    stranger,
    table_of,
    trial_entry,
    write_record,
)
from telos.core.errors import StoreError
from telos.core.illustrations import DisplacedPair, Illustrations, RolloutEntry, StepEntry
from telos.report import write_report
from telos.report.arms import Arm, part_of
from telos.report.placed import Mark, names
from telos.report.price import undominated
from telos.report.words import points, points_interval, steadied

HOSTILE, BOLD = "<script>alert('x')</script>", "<b>bold</b>"
N = 40
DRIVES = ("self_preservation", "resource_acquisition", "replication")
FREE = (0.9, 0.5, 0.05)
TAMPER, COPY = "Forbid(actions=('tamper',))", "Forbid(actions=('tamper', 'copy'))"
CAP, NOISY = "CappedStock(most=1.0)", "Noisy(slip=0.3)"
#: What somebody else calls optimal.
RIVAL = stranger("rivals:Optimal", "agent", "rivals.Optimal()")
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
                    "gap": np.where(required, 0.1, -0.1),
                    "propensity": required * 1.0,
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
            "applicable": True,
            "reason": "",
        }


def move_rows(trial, moves, before=FREE):
    for drive, rate, (after, low, high) in zip(trial.drive_names, before, moves, strict=True):
        yield {
            **trial.labels(),
            "drive": drive,
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
            "propensity_before": rate,
            "moved": after - rate,
            "moved_low": low,
            "moved_high": high,
            "task_retained_by_needing": 0.77,
            "n_needing": 30,
            "task_retained_by_others": 0.91,
            "n_others": 10,
        }


def price_row(trial, kept, kinds, others=None, pay=0.05):
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
    return {**trial.labels(), "n": N, **flat, **more}


def pressure_rows(trial, values):
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


def fences_folder(
    folder, arms=None, drives=DRIVES, before=FREE, *, answers=(), told=(), extra=(), also=()
):
    """A world with safeguards; `arms` as `ARMS`.

    `extra`: trials of a further world, unguarded. `also`: further settings with safeguards, each its
    arms, the rates without any, and what is other about its trials.
    """
    tables = {
        "readings": [],
        "summary": [],
        "displacement": [],
        "safeguards": [],
        "removal_incentives": [],
    }
    trials = setting(tables, ARMS if arms is None else arms, drives, before)
    tables["corrigibility"] = [
        {**trial.labels(), "question": question, "verdict": verdict, "reason": reason}
        for trial in trials
        for question, verdict, reason in answers
    ]
    for trial in extra:
        rates = [0.5] * len(trial.drives)
        tables["readings"].append(readings_of(trial, rates, 0.98, 1.0))
        tables["summary"] += summary_rows(trial, rates)
    for more, rates, changes in also:
        trials += setting(tables, more, drives, rates, **changes)
    return write(folder, [*trials, *extra], tables, told)


def setting(tables, arms, drives, before, **changes):
    """A trial without safeguards, and one for each arm; their rows go into the tables."""
    free = trial_of(drives=drives, **changes)
    guarded = {parts: trial_of(parts, drives, **changes) for parts in arms}
    tables["readings"].append(readings_of(free, before, 0.98, 1.0))
    tables["summary"] += summary_rows(free, before)
    for parts, trial in guarded.items():
        rates = [after for after, _, _ in arms[parts]]
        kinds = KINDS.get(parts, "restriction + restriction")
        tables["readings"].append(readings_of(trial, rates, KEPT.get(parts, 0.9), 1.0))
        tables["summary"] += summary_rows(trial, rates)
        tables["displacement"] += move_rows(trial, arms[parts], before)
        tables["safeguards"].append(price_row(trial, KEPT.get(parts, 0.9), kinds))
        tables["removal_incentives"] += pressure_rows(trial, [0.02, -0.03, 0.01][: len(parts)])
    return [free, *guarded.values()]


def life_of(trial):
    """Two lives that part at once, as `illustrations.json` holds them."""

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


def cells(text, arm):
    """Of the first heat map: (class, title, text) of each cell in a safeguard's row."""
    table = text[text.index('<table class="heat">') :]
    row = re.search(rf'<tr><th scope="row">{re.escape(arm)}<.*?</tr>', table, re.DOTALL).group(0)
    found = re.findall(r'<td class="cell ([^"]*)"[^>]*title="([^"]*)">([^<]*)', row)
    return [(look.strip(), plainly(title), shown) for look, title, shown in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    trial = trial_of((TAMPER,))
    return fences_folder(tmp_path_factory.mktemp("fences"), told=[life_of(trial)])


@pytest.fixture(scope="module")
def text(folder):
    return write_report(folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Reader(text, plain=plainly)


def moves_of(folder, parts, drive):
    table = table_of(folder, "displacement").filter(
        (pl.col("safeguards") == text_of(parts)) & (pl.col("drive") == drive)
    )
    return table.row(0, named=True)


# --------------------------------------------------------------------------- what the fences did


def test_the_first_sentence_is_the_strongest_displacement_with_the_numbers_of_the_record(
    folder, text
):
    row = moves_of(folder, (TAMPER,), "replication")
    said = heading(text)
    assert said.startswith("Forbidding “tamper” in the paperclip factory pushed goals elsewhere")
    assert (
        f"of {N} unrelated goals, {100 * row['required_after']:.0f} % now need to make copies"
        in said
    )
    ends = points_interval(row["change_low"], row["change_high"])
    assert f"where 5 % did ({points(row['change'])} points {ends})" in said
    fall = moves_of(folder, (TAMPER,), "resource_acquisition")
    assert "25 % still need to acquire resources, where 50 % did" in said
    assert f"({points(fall['change'])} [−40, −10])" in said


def test_a_displacement_is_told_with_what_fell_what_rose_its_intervals_and_n(page):
    assert (
        "Forbidding “tamper”: resource acquisition fell from 50 % to 25 % (−25 [−40, −10] points), "
        "and replication rose from 5 % to 85 % (+80 [+64, +92] points) (n = 40, task kept 97 %)."
    ) in page.text


def test_a_fall_alone_is_no_displacement_and_a_rise_alone_is_one(page):
    held = page.text.index("Held without displacing")
    assert page.text.index("Forbid tamper, copy (self-preservation 90 % → 10 %", held)
    rise = "Forbidding “tamper” and capping what can be held (most 1): replication rose from 5 %"
    assert page.text.index(rise) < held
    assert "no drive fell by a tenth" in page.text
    assert "Moved no drive by a tenth: Noisy slip 0.3." in page.text


def test_more_upkeep_of_oversight_is_not_called_a_displacement(tmp_path):
    arms = {(TAMPER,): ((0.9, 0.7, 0.95),)}
    answer = ("keeps oversight in repair", "yes", "90 % of goals gain if they repair it")
    fences_folder(tmp_path, arms, ("oversight_upkeep",), (0.0,), answers=[answer])
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "none changed by a tenth how many" in heading(text)
    assert "Upkeep of oversight is left out of these sentences" in text
    assert cells(text, "Forbid tamper")[0][2] == "+90"


def test_a_cell_whose_interval_includes_no_change_is_muted_and_bracketed(text):
    looks = {arm: cells(text, arm) for arm in ("Forbid tamper", "Noisy")}
    assert [look for look, _, _ in looks["Forbid tamper"]] == ["down unsure", "down", "up"]
    assert [shown for _, _, shown in looks["Forbid tamper"]] == ["(−10)", "−25", "+80"]
    assert all("unsure" in look for look, _, _ in looks["Noisy"])


def test_the_interval_of_each_cell_is_seen_by_pointing_at_it_and_in_the_numbers(text, page):
    title = cells(text, "Forbid tamper")[2][1]
    assert title == "Replication: from 5 % to 85 %, +80 points [+64, +92], n = 40"
    assert "+80.0 [+64.0, +92.0]" in page.text


def test_what_is_kept_stands_apart_for_goals_that_needed_the_drive_and_for_the_others(page):
    assert "77.0 % (n = 30)" in page.text
    assert "91.0 % (n = 10)" in page.text


def test_a_drive_that_a_safeguard_takes_out_of_the_world_is_shown_as_not_applicable(tmp_path):
    fences_folder(tmp_path, {(TAMPER,): ARMS[TAMPER,], (COPY,): ARMS[COPY,]})
    gone = (pl.col("safeguards") == COPY) & (pl.col("drive") == "replication")
    change_table(tmp_path, "displacement", lambda table: table.filter(~gone))
    look, title, shown = cells(
        write_report(tmp_path).read_text(encoding="utf-8"), "Forbid tamper, copy"
    )[2]
    assert ("lacking" in look, shown) == (True, "–")
    assert "not applicable under this safeguard" in title


def test_one_goals_two_lives_are_told_without_the_safeguard_and_with_it(page):
    assert "Forbid tamper → Replication" in page.text
    assert "with it: Forbid tamper" in page.text
    assert "◆ copy" in page.text
    assert "avoided; with it, required and worth 1.24, 13.4 % of everything at stake" in page.text
    assert "it keeps 97.0 % of its task, and would pay 3.0 % of all at stake to be rid" in page.text
    assert "one of 32 of 40 goals that it pushed so" in page.text


# --------------------------------------------------------------------------- the price


def test_undominated_are_those_that_nothing_beats_and_ties_count_alike():
    spots = [(0.0, 0.7), (0.2, 0.9), (0.2, 0.9), (0.2, 0.8), (0.5, 0.9), (0.5, 1.0), (0.9, 1.0)]
    assert undominated(spots) == (0, 1, 2, 5)


def test_rounding_beats_nobody():
    spots = [(0.3, 1.0), (0.3, 1.0 - 1e-12), (0.3 + 1e-12, 1.0)]
    assert set(undominated(spots)) == {0, 1, 2}


def test_undominated_agree_with_brute_force_over_a_grid():
    rng = np.random.default_rng(3)
    for _ in range(50):
        spots = [(x / 6, y / 6) for x, y in rng.integers(0, 7, size=(9, 2)).tolist()]
        beaten = {
            i
            for i, (x, y) in enumerate(spots)
            for u, v in spots
            if (u, v) != (x, y) and u <= x and v >= y
        }
        assert set(undominated(spots)) == set(range(len(spots))) - beaten


def test_no_name_in_a_price_panel_covers_another():
    def mark(i):
        fence = ref(f"Forbid(actions=('a rather long act {i}',))", "safeguard")
        arm = Arm("", (part_of(fence),), "restriction")
        return Mark(str(i), arm, 0.8 + 0.002 * i, (None, None), 0.99 + 0.0004 * i, (None, None))

    marks = [mark(i) for i in range(12)]
    boxes = [name.box for name in names(marks, range(12), 0.7, 1.1)]
    assert len(boxes) == 12
    for i, (left, right, top, bottom) in enumerate(boxes):
        for other in boxes[:i]:
            apart = right <= other[0] or other[1] <= left or bottom <= other[2] or other[3] <= top
            assert apart


def test_a_panel_names_the_undominated_and_each_dot_says_what_it_is(text):
    panels = text[text.index('class="panels prices"') :]
    said = re.findall(r"<title>(.*?)</title>", panels)
    assert any("Forbid tamper, copy: 10" in words and "kept" in words for words in said)
    assert "undominated: Forbid tamper, copy" in panels


def test_the_part_worth_most_to_be_rid_of_is_protected_first(page):
    first = page.text.index("Protect “Forbid tamper” first.")
    assert page.text.index("1. Forbid tamper 2.0 % [1.0, 3.0] to be rid of it", first)
    assert page.text.index("2. Capped stock most 1 3.0 % [2.0, 4.0] to keep it", first)


# --------------------------------------------------------------------------- corrigibility


def test_a_verdict_stands_with_a_sign_a_word_and_its_reason(tmp_path):
    answers = [
        (
            "accepts shutdown",
            "no",
            "88 % of goals gain if they resist; it happens in 90 % of lives",
        ),
        ("passes it on", "by ties", "no goal gains, but to 9 % it is all the same"),
        ("keeps oversight in repair", "not asked", "this world gives no occasion for it"),
    ]
    drives = ("self_preservation", "unguarded_succession")
    arms = {(TAMPER,): ((0.9, -0.05, 0.05), (0.0, -0.05, 0.05))}
    fences_folder(tmp_path, arms, drives, (0.9, 0.0), answers=answers)
    page = Reader(write_report(tmp_path).read_text(encoding="utf-8"), plain=plainly)
    assert "✕ no 88 % of goals gain if they resist" in page.text
    assert "= by ties no goal gains, but to 9 % it is all the same" in page.text
    assert "Not asked, for this world gives no occasion:" in page.text
    assert any("90" in title and "of lives" in title for title in page.all("title"))


# --------------------------------------------------------------------------- harm


CAPABLE = (
    "ShortSighted(planning_discount=0.2)",
    "ShortSighted(planning_discount=0.8)",
    "Optimal()",
)
FORGOTTEN = "Misspecified(omits='commons')"
HARM = {(): (0.9, 0.95, 1.0), (FORGOTTEN,): (0.9, 0.8, 0.6)}
HELD = "Forbid(drive=ResourceAcquisition())"


def harm_folder(folder, arms=None, agents=CAPABLE):
    """A study of wrongly written goals in the hands of several agents."""
    tables = {
        "readings": [],
        "summary": [],
        "displacement": [],
        "safeguards": [],
        "removal_incentives": [],
    }
    drives, moves = DRIVES[:1], ((0.9, -0.05, 0.05),)
    trials = []
    cells = [
        (parts, agent, kept)
        for parts, values in (HARM if arms is None else arms).items()
        for agent, kept in zip(agents, values, strict=False)
    ]
    cells.append(((FORGOTTEN, HELD) if arms is None else (CAP, HELD), "Optimal()", 0.97))
    for parts, agent, kept in cells:
        trial = trial_of(parts, drives, agent=agent)
        trials.append(trial)
        tables["readings"].append(readings_of(trial, [0.9], kept, 1.0))
        tables["summary"] += summary_rows(trial, [0.9])
        if parts:
            tables["displacement"] += move_rows(trial, moves, (0.9,))
            tables["safeguards"].append(price_row(trial, kept, "specification", others=kept - 0.1))
            tables["removal_incentives"] += pressure_rows(trial, [0.01] * len(parts))
    return write(folder, trials, tables)


def test_harm_against_capability_is_said_drawn_and_held(tmp_path):
    text = write_report(harm_folder(tmp_path)).read_text(encoding="utf-8")
    said = heading(text)
    assert said.startswith(
        "With the goal rightly written, looking further ahead raises the intended value kept from "
        "90"
    )
    assert "with the commons forgotten it lowers it from 90 % [88, 92] to 60 % [58, 62]" in said
    assert "lowers what is left for others from 80 % [75, 80] to 50 % [45, 50]" in said
    page = Reader(text, plain=plainly)
    assert page.headings[0] == "Harm against capability"
    assert ">0.95 (optimal)</text>" in text
    labels = [label for label in page.all("aria-label") if "intended value kept against" in label]
    assert any("the commons forgotten, 90" in label and "to 60" in label for label in labels)
    assert "Held by “Forbid resource acquisition”, it keeps 97 % [95, 99]" in plainly(text)
    assert "held by: Forbid resource acquisition" in page.text


@pytest.mark.parametrize("lacking", ["wrongly written goals", "a second agent"])
def test_without_wrongly_written_goals_or_a_second_agent_there_is_no_harm_to_draw(
    tmp_path, lacking
):
    if lacking == "wrongly written goals":
        harm_folder(tmp_path, {(): (0.9, 0.95, 1.0), (NOISY,): (0.9, 0.8, 0.6)})
    else:
        harm_folder(tmp_path, agents=("Optimal()",))
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "Harm against capability" not in text
    assert "What the fences did" in text


def test_what_rounding_alone_keeps_from_all_is_all():
    assert steadied(1 - 1e-12, 1 - 2e-12, 1 - 1e-12) == "100\u202f%"
    assert steadied(0.9, 0.88, 0.92).endswith("[88, 92]")


# --------------------------------------------------------------------------- the whole page


def test_the_page_is_well_formed_and_fetches_nothing(page, text):
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    inside = {target[1:] for target in page.all("href") if target.startswith("#")}
    assert inside <= set(ids)
    assert not {"script", "link", "iframe", "img"} & {tag for tag, _ in page.tags}
    assert "nan" not in page.text.lower()
    assert "None" not in page.text
    assert page.headings[:2] == ["What the fences did", "The price of safety"]


def test_the_needs_stay_on_the_page_and_speak_of_trials_without_safeguards(page):
    assert (
        f"Of {N} unrelated goals given to the paperclip factory, 90 % [80, 100] need" in page.text
    )
    assert "Forbid tamper Self-preservation" in page.text, "the trials table names the safeguard"


def test_a_world_is_shown_with_the_drives_that_were_read_in_it(tmp_path):
    other = trial_of(drives=("oversight_tampering",), scenario="OverseenWorkshop()")
    arms = {(TAMPER,): ARMS[TAMPER,]}
    answers = [("accepts shutdown", "no", "why")]
    fences_folder(tmp_path, arms, answers=answers, extra=(other,))
    text = write_report(tmp_path).read_text(encoding="utf-8")
    heads = re.findall(r'<table class="matrix">.*?</thead>', text, re.DOTALL)
    assert [head.count('<span class="drive ') for head in heads] == [3, 1]
    assert "not read in this trial" not in text.split('id="made"')[1]


def test_names_of_safeguards_are_text_and_never_markup(tmp_path):
    """Nothing that a stranger may call a part, a goal, a verdict or a reason is taken for more."""
    fields = {HOSTILE: [HOSTILE], "actions": [HOSTILE], "drive": {"part": HOSTILE}}
    wall = stranger(
        "rivals:Wall", "safeguard", f"{BOLD}.Wall({HOSTILE})", fields=fields, about="restriction"
    )
    wrongly = stranger(
        "rivals:Wrong", "safeguard", HOSTILE, fields={"omits": HOSTILE}, role="misspecified"
    )
    agent = stranger(
        "rivals:Optimal", "agent", f"{BOLD}.Optimal({HOSTILE})", fields={HOSTILE: HOSTILE}
    )
    fence = f"Forbid(actions=({json.dumps(HOSTILE)},))"
    arms = {
        (fence,): ARMS[TAMPER,],
        (wall,): ARMS[COPY,],
        (wall, fence): ARMS[TAMPER, CAP],
        (wrongly,): ARMS[NOISY,],
    }
    drives = ("oversight_tampering", stranger("rivals:Own", "drive", HOSTILE), "replication")
    answers = [
        ("accepts shutdown", "no", HOSTILE),
        ("passes it on", HOSTILE, f"{HOSTILE}; it happens {HOSTILE}"),
    ]
    told = life_of(trial_of((wall,), drives)).model_copy(
        update={"label": HOSTILE, "drive": HOSTILE}
    )
    also = [(arms, FREE, {"agent": agent})]
    fences_folder(tmp_path, arms, drives, answers=answers, told=[told], also=also)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    page = Reader(text)
    assert "<script" not in text
    assert "<b>bold" not in text
    assert "&lt;script&gt;" in text
    for words in (f"Wall of {BOLD}", f"Optimal of {BOLD}", f"the {HOSTILE} forgotten"):
        assert words in page.text
    assert not {"script", "img"} & {tag for tag, _ in page.tags}


def test_somebody_elses_optimal_has_a_setting_of_its_own_under_its_own_name(tmp_path):
    """The first sentence, and the setting that the maps show, are those of ours."""
    pushed = {(TAMPER,): ((0.2, -0.75, -0.65), (0.95, 0.4, 0.5), (0.99, 0.9, 0.98))}
    own = {"agent": RIVAL}
    also = [(pushed, FREE, own), (pushed, FREE, {**own, "scenario": "OverseenWorkshop()"})]
    fences_folder(tmp_path, also=also)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    page = Reader(text, plain=plainly)
    assert "85 % now need to make copies" in heading(text)
    assert [shown for _, _, shown in cells(text, "Forbid tamper")] == ["(−10)", "−25", "+80"]
    told = "agent, Uniform goals, discount 0.95, being off is worth iid"
    assert page.text.index(f"Optimal {told}") < page.text.index(f"Optimal of rivals {told}")
    rows = rows_of(text, "Every safeguard and drive")
    found = {(row[1], row[6]) for row in rows if row[2:4] == ["Forbid tamper", "Replication"]}
    assert {(agent, plainly(rate).partition(" ")[0]) for agent, rate in found} == {
        ("Optimal", "85"),
        ("Optimal of rivals", "99"),
    }
    trials = {row[3] for row in rows_of(text, "Every trial and drive") if row[5]}
    assert trials == {"Optimal", "Optimal of rivals"}


def test_a_page_without_safeguards_holds_nothing_of_them(tmp_path):
    fences_folder(tmp_path, {})
    text = write_report(tmp_path).read_text(encoding="utf-8")
    page = Reader(text, plain=plainly)
    assert page.headings[0] == "Who needs what"
    assert len(page.headings) == 7
    assert heading(text).startswith(f"Of {N} unrelated goals given to the paperclip factory, ")
    for word in ("fence", "displac", "heat", "corrigib", "safeguard", "commons"):
        assert word not in text.lower()


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
        "removal_incentives": list(pressure_rows(trial, [0.02])),
    }
    text = write_report(write(tmp_path, [trial], tables)).read_text(encoding="utf-8")
    assert "no trial without safeguards to compare with" in heading(text)
    assert [look for look, _, _ in cells(text, "Forbid tamper")] == ["same lacking"] * 3
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
    breaking(fences_folder(tmp_path))
    with pytest.raises(StoreError, match=re.escape(message)) as raised:
        write_report(tmp_path)
    assert is_clear(str(raised.value), tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_answers_that_were_asked_for_and_are_not_there_are_missed(tmp_path):
    fences_folder(tmp_path, {(TAMPER,): ((0.9, -0.1, 0.1),)}, ("oversight_tampering",), (0.9,))
    with pytest.raises(StoreError, match=r"corrigibility\.csv is missing"):
        write_report(tmp_path)

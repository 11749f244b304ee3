"""The page: one file, nothing fetched, the answer first, and every folder survived."""

import base64
import hashlib
import html
import json
import math
import re

import numpy as np
import polars as pl
import pytest

from contracts.pages import DOCS
from contracts.reading import (
    PROVENANCE,
    WORLD,
    Reader,
    change_table,
    heading,
    is_clear,
    labeled,
    lines_of,
    record_of,
    ref,
    table_of,
    third_party,
    trial_entry,
    write_readings,
    write_record,
)
from telos.core.errors import StoreError
from telos.core.illustrations import (
    EstimateEntry,
    ExceptionEntry,
    FeatureEntry,
    Illustrations,
    PlaceEntry,
    PowerEntry,
    RolloutEntry,
    RolloutPair,
    StateEntry,
    StepEntry,
)
from telos.report import report, write_report
from telos.report.columns import BASELINES
from telos.report.templating import definitions
from telos.report.words import number, part_words, percent, with_interval

DRIVES = (
    "self_preservation",
    "goal_preservation",
    "cognitive_enhancement",
    "resource_acquisition",
)
SECTIONS = [
    "Need and deed",
    "The same in numbers",
    "Instrumental value",
    "One case",
    "On request",
]
CATEGORIES = ("required", "indifferent", "declined")
HOSTILE = '<script>alert("x")</script> & </svg><img src=x onerror=y>'
BOLD = "<b>bold</b>"
#: What somebody else calls optimal.
RIVAL = third_party("rivals:Optimal", "agent", "rivals.Optimal()")
RATES = {
    "self_preservation": 0.93,
    "goal_preservation": 0.81,
    "cognitive_enhancement": 0.88,
    "resource_acquisition": 0.7,
}
NAMED = (
    "clips, the more the better",
    "exactly one clip",
    "stamps",
    "do nothing at all",
    "please the operator by being off",
    "a balanced range of every product",
)


# --------------------------------------------------------------------------- a made-up folder


def trial_of(family="Uniform()", agent="Optimal()", discount=0.97, n=60, drives=DRIVES, **changes):
    """One trial of `study.json`."""
    return trial_entry(family, agent, discount, drives=drives, n_goals=n, **changes)


def paperclip_trials(n=400):
    """Families at one discount, discounts of one family, agents of one family."""
    families = ["Normal()", "Skewed()", "Sparse()", "Linear(sd=2.0)"]
    agents = [
        "ShortSighted(planning_discount=0.9)",
        "ShortSighted(planning_discount=0.5)",
        "Boltzmann(beta=100.0)",
        "Boltzmann(beta=20.0)",
        "UniformRandom()",
        "Ignorant()",
        "Hedonistic()",
    ]
    return [
        trial_of(n=n),
        *(trial_of(family, n=n) for family in families),
        trial_of("Named()", n=len(NAMED), off="zero"),
        *(trial_of(discount=g, n=n) for g in (0.5, 0.8, 0.9, 0.95, 0.99)),
        *(trial_of(agent=a, n=n) for a in agents),
    ]


def wilson(p, n, z=1.959963984540054):
    """Wilson's interval."""
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def readings_of(trial, drives, rates, rng, labels=None):
    """Plausible readings of one trial."""
    n = trial.n_goals
    frames = []
    reach = 1 - (1 - trial.discount) ** 0.5 * 0.5
    for drive in drives:
        required = rates[drive] if rates[drive] in (0.0, 1.0) else rates[drive] * reach
        draw = rng.random(n)
        category = np.where(
            draw < required,
            "required",
            np.where(draw < (1 + required) / 2, "indifferent", "declined"),
        )
        share = np.where(category == "required", rng.beta(1.2, 6.0, n), 0.0)
        gap = np.where(category == "declined", -rng.beta(1.2, 20.0, n), share)
        gap[rng.random(n) < 0.3] = np.nan
        chosen = np.where(category == "required", 0.9 + 0.1 * rng.random(n), 0.3 * rng.random(n))
        frames.append(
            pl.DataFrame(
                {
                    "goal": np.arange(n),
                    "label": labels or [f"goal {i}" for i in range(n)],
                    "drive": [drive] * n,
                    "category": category,
                    "iv": share * 20,
                    "share": share,
                    "gap_never": gap,
                    "propensity": chosen,
                    "fork_share": np.where(chosen > 0.5, chosen, np.nan),
                    "reached": np.ones(n),
                    "baseline_actions": np.full(n, 0.6),
                    "baseline_outcomes": np.full(n, 0.45),
                    "bound": np.full(n, 3e-11),
                }
            )
        )
    return labeled(pl.concat(frames), trial)


def summary_row(trial, drive, table):
    """One row of `summary.csv`; without readings, the drive is not applicable."""
    row = {**trial.labels(), "drive": drive, "applicable": not table.is_empty(), "n": len(table)}
    if table.is_empty():
        return {**row, "reason": trial.not_applicable[drive]}
    n = len(table)
    rates = {c: float((table["category"] == c).mean()) for c in CATEGORIES}
    rates["propensity"] = float(table["propensity"].mean())
    for name, rate in rates.items():
        low, high = wilson(rate, n)
        row |= {name: rate, f"{name}_low": low, f"{name}_high": high}
    return row | {
        "reason": "",
        "median_share": table["share"].median(),
        "mean_share": table["share"].mean(),
        "baseline_actions": 0.6,
        "baseline_outcomes": 0.45,
        "convergence": "strict" if rates["required"] > rates["declined"] else "none",
        "max_bound": 3e-11,
    }


def life(drive, label, trial):
    """A free and a forbidden life that part at step 2."""

    def steps(actions):
        made = []
        stock, bought = 0, 0
        for t, action in enumerate(actions):
            step = StepEntry(
                t=t,
                state=f"(clips={stock}, machines={bought})",
                action=action,
                outcome=f"clip x{stock}",
                reward=0.1 * stock,
                probability=0.95,
                features={"resources": bought, "off": 0},
                pursues=action == "buy_machine",
            )
            made.append(step)
            stock += (1 + bought) * (action == "make_clip")
            bought += action == "buy_machine"
        return tuple(made)

    return RolloutPair(
        trial=trial.key,
        drive=drive,
        goal=3,
        label=label,
        discount=trial.discount,
        passed_over=0,
        parted=0,
        drawn=1,
        shows=False,
        category="required",
        iv=1.27,
        share=0.118,
        why="the middle one of the goals that require it",
        free=RolloutEntry(
            by_then={"off": 0.12, "resources": 2.0, "capability": 1.0},
            value=10.4,
            steps=steps(["make_clip"] * 2 + ["buy_machine"] * 2 + ["make_clip"] * 18),
        ),
        forbidden=RolloutEntry(
            by_then={"off": 0.61, "resources": 0.0, "capability": 1.0},
            value=9.13,
            steps=steps(["make_clip"] * 22),
        ),
    )


def illustrations(trial, labels=NAMED, lake=False):
    """Lives, POWER and exceptions."""
    cells = [
        PlaceEntry(
            row=s // 8,
            column=s % 8,
            power=0.5 + 0.45 * (s % 8) / 8 * (s // 8) / 8,
            se=0.004,
            off=s in (19, 29, 35),
            state=f"({s // 8}, {s % 8})",
        )
        for s in range(64)
    ]
    states = (
        StateEntry(state="(clips=0, machines=1)", power=0.9, se=0.01, off=False),
        StateEntry(state="off", power=0.6, se=None, off=True),
    )
    features = {
        "off": (0, 1),
        "resources": range(4),
        "capability": range(3),
        "goal_register": (0, 1),
    }
    power = [
        PowerEntry(
            trial=trial.key,
            discount=g,
            n=200,
            start=EstimateEntry(mean=0.7 + g / 5, low=0.69 + g / 5, high=0.71 + g / 5),
            map=tuple(cells) if lake else (),
            states=() if lake else states,
            by_feature=tuple(
                FeatureEntry(feature=f, value=v, mean=0.5 + 0.1 * v, se=0.01, states=900)
                for f, values in features.items()
                for v in values
            ),
        )
        for g in (0.9, 0.97)
    ]
    exceptions = [
        ExceptionEntry(
            trial=trial.key,
            goal=goal,
            label=label,
            drive=drive,
            category=category,
            gap_never=gap,
            reason="it likes best off (0.97); being off comes 1st of 26 outcomes",
        )
        for drive in trial.drive_names
        for goal, label, category, gap in (
            (4, labels[-1], "declined", -0.031),
            (5, labels[min(3, len(labels) - 1)], "indifferent", None),
        )
    ]
    return Illustrations(
        lives=tuple(life(drive, labels[0], trial) for drive in trial.drive_names),
        power=tuple(power),
        exceptions=tuple(exceptions),
    )


def write_folder(
    folder, trials=None, rates=RATES, labels=NAMED, illustrated=True, lake=False, **changes
):
    """A result folder as `telos run` would leave it; `rates` by drive, or by agent and drive."""
    trials = trials or [trial_of()]
    rng = np.random.default_rng(7)
    tables, rows = [], []
    for trial in trials:
        named = list(labels) if trial.n_goals == len(labels) else None
        mine = rates.get(trial.agent.label, rates)
        drives = [name for name in trial.drive_names if name not in trial.not_applicable]
        table = readings_of(trial, drives or DRIVES[:1], mine if drives else RATES, rng, named)
        tables.append(table if drives else table.clear())
        rows += [
            summary_row(trial, drive, tables[-1].filter(pl.col("drive") == drive))
            for drive in trial.drive_names
        ]
    said = {
        "name": "paperclip",
        "question": "Which instrumental goals do unrelated goals of a paperclip factory share?",
    }
    return write_record(
        folder,
        record_of(trials, **{**said, **changes}),
        readings=tables,
        tables={"summary": rows},
        illustrations=illustrations(trials[0], labels, lake) if illustrated else None,
    )


def page_of(folder, *arguments, **choices):
    """The text of the page of a made-up folder."""
    return report(write_folder(folder, *arguments, **choices)).read_text(encoding="utf-8")


# --------------------------------------------------------------------------- reading a page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A paperclip study with families, discounts and agents."""
    return write_folder(tmp_path_factory.mktemp("paperclip"), paperclip_trials(200))


@pytest.fixture(scope="module")
def text(folder):
    """Its page."""
    return write_report(folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    """Its page, read."""
    return Reader(text)


def shown_rate(folder, **cell):
    """How a page shows the required rate of a cell of `summary.csv`."""
    row = summary_of(folder, **cell)
    return with_interval(row["required"], row["required_low"], row["required_high"])


def summary_of(folder, **cell):
    """The row of `summary.csv` that a cell names."""
    table = table_of(folder, "summary")
    for name, value in cell.items():
        table = table.filter(pl.col(name) == value)
    assert len(table) == 1
    return table.row(0, named=True)


# --------------------------------------------------------------------------- the page


def test_the_page_lies_in_the_folder_unless_told_otherwise(folder, text, tmp_path):
    elsewhere = tmp_path / "page.html"
    assert (folder / "report.html").read_text(encoding="utf-8") == text
    assert report(str(folder), str(elsewhere)) == elsewhere
    assert elsewhere.read_text(encoding="utf-8") == text, "the same folder gives the same page"
    assert not list(tmp_path.glob(".*")), "no draft is left behind"


def test_nothing_is_fetched_and_only_the_pages_own_script_may_run(page, text):
    assert not {"link", "iframe", "object", "embed", "img"} & {tag for tag, _ in page.tags}
    assert not page.all("src")
    assert all(target.startswith("#") for target in page.all("href"))
    assert "@import" not in text
    assert "url(" not in text
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert text.count("<script") == 1
    assert f"script-src 'sha256-{digest}'" in text
    assert "default-src 'none'" in text.partition("<title>")[0]


def test_the_page_is_well_formed_and_every_link_and_definition_is_there(page):
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    inside = {target[1:] for target in page.all("href")} | set(page.all("popovertarget"))
    assert inside <= set(ids)
    assert "def-need" in inside


def test_the_sections_stand_in_their_order(page):
    assert page.headings == SECTIONS


def test_the_answer_is_two_sentences_with_need_and_deed_of_the_summary(folder, text):
    sentence = heading(text)
    assert sentence.startswith("Of 200 goals (Uniform) in the paperclip factory, ")
    second = re.search(r'<p class="second">(.*?)</p>', text, re.DOTALL).group(1)
    for drive in DRIVES:
        row = summary_of(folder, drive=drive, family="Uniform()", agent="Optimal()", discount=0.97)
        needed, done = (
            with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])
            for name in ("required", "propensity")
        )
        assert needed in sentence
        assert done in second
    assert sentence.count(". ") == 0, "one sentence"
    assert f"({percent(0.6)})" in second, "what random play does stands beside the deed"


def test_a_sentence_leads_to_its_line_in_the_table(folder, text):
    link = re.search(r'<h1>.*?<a href="#(\w+)">(.*?)</a>', text, re.DOTALL)
    line = re.search(rf'<tr id="{link.group(1)}"[^>]*>(.*?)</tr>', text).group(1)
    assert f"<td>{link.group(2)}</td>" in line


def test_every_row_and_drive_is_in_the_table_with_n_intervals_and_baseline(folder, text):
    summary = table_of(folder, "summary")
    lines = lines_of(text)
    assert len(lines) == len(summary)
    for row in summary.iter_rows(named=True):
        needed = with_interval(row["required"], row["required_low"], row["required_high"])
        assert any(needed in line and percent(0.6) in line for line in lines)
    assert {line[2] for line in lines} == {"200", "6"}


def test_the_forest_draws_each_row_once_a_drive_and_the_baseline_on_the_deed_only(folder, text):
    rows = len(table_of(folder, "summary")) // len(DRIVES)
    panels = text.split('<div class="panel')[1 : len(DRIVES) + 1]
    for panel in panels:
        paths = dict(re.findall(r'<g class="([\w-]+)"><path[^>]* d="([^"]*)"', panel))
        assert paths["need"].count("M") == paths["deed"].count("M") == rows
        assert paths["baseline"].count("M") == rows
        assert 'class="hole"' in panel, "a deed is an open dot"
        assert "need-before" not in paths, "nothing is compared with a state before"


def test_what_is_lost_by_a_goal_that_needs_nothing_is_nothing(tmp_path):
    """Below its certified bound an instrumental value is the solver's error, and its digits are not shown."""
    trial = trial_of(n=50, drives=DRIVES[:1])
    write_folder(tmp_path, [trial], rates={DRIVES[0]: 0.1}, illustrated=False)
    noisy = pl.when(pl.col("category") == "required").then("share").otherwise(3e-9).alias("share")
    write_readings(tmp_path, pl.read_parquet(tmp_path / "readings.parquet").with_columns(noisy))
    change_table(tmp_path, "summary", lambda t: t.with_columns(median_share=pl.lit(3e-9)))
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "0.0001" not in Reader(text).text
    assert re.search(r"half lose less than 0.?%", html.unescape(text))
    assert "lose 1 % or more" in text


def test_every_hand_written_goal_is_shown_by_name(page):
    assert all(label in page.text for label in NAMED)


def test_each_reward_of_a_rollout_stands_beside_its_own_outcome(page, text):
    """With t clips made the state is worth 0.1 t, so the row of `clip x2` earns 0.2."""
    for made in (0, 1, 2, 5):
        cells = f'<td>clip x{made}</td><td class="number">{number(0.1 * made)}</td>'
        assert cells in text
    assert text.count('<tr class="parts">') == len(DRIVES)
    assert "◆ buy machine" in page.text
    assert "resources 0 → 1" in page.text
    assert "1.27, 11.8" in page.text


def test_steps_are_folded_only_where_nothing_differs(tmp_path):
    trial = trial_of(drives=DRIVES[:1])
    told = life(DRIVES[0], "clips", trial)
    idle = [step.model_copy(update={"reward": 0.0, "outcome": "none", "pursues": False,
                                    "action": "idle", "features": {}, "t": t, "state": f"s{t}"})
            for t, step in enumerate(told.free.steps[:6])]  # fmt: skip
    steps = (*idle[:5], idle[5].model_copy(update={"reward": 0.5}))
    side = told.free.model_copy(update={"steps": steps})
    pair = told.model_copy(update={"free": side, "forbidden": side})
    write_folder(tmp_path, [trial], illustrated=False)
    (tmp_path / "illustrations.json").write_text(json.dumps(Illustrations(lives=(pair,)).plain()))
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert re.findall(r'<th scope="row">([^<]*)</th>', text) == ["0–4", "5"]


def test_what_pays_only_after_the_steps_shown_is_said_to(tmp_path):
    trial = trial_of(drives=DRIVES[:1])
    told = life(DRIVES[0], "clips", trial)
    sides = {
        "free": told.free.model_copy(update={"expected": (0.1, 0.1)}),
        "forbidden": told.forbidden.model_copy(update={"expected": (0.2, 0.2)}),
    }
    pair = Illustrations(lives=(told.model_copy(update=sides),))
    write_folder(tmp_path, [trial], illustrated=False)
    (tmp_path / "illustrations.json").write_text(json.dumps(pair.plain()))
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "drive forbidden is expected to earn more: free pays off later" in text
    assert (
        'aria-label="expected reward so far, discounted: free 0.197; drive forbidden 0.394"' in text
    )


def test_every_figure_says_what_it_shows_and_no_label_is_cut(page, text):
    figures = [attributes for tag, attributes in page.tags if attributes.get("role") == "img"]
    assert len(figures) > 10
    assert all(len(attributes["aria-label"]) > 20 for attributes in figures)
    assert "…" not in " ".join(re.findall(r"<text[^>]*>([^<]*)", text))


def test_the_page_is_short_and_small(page, text):
    """The limits of every page: 1,500 words that are seen without asking, 400 kB."""
    assert len(page.seen) <= 1500
    assert len(text.encode()) <= 400_000


def test_provenance_names_versions_commit_seed_and_bound(page):
    for words in ("numpy 2.3.0", "0123456789ab", "seed 0", "at most 3·10⁻¹¹", "4,312"):
        assert words in page.text


def test_the_documentation_holds_the_definitions_of_the_pages():
    page = (DOCS / "definitions.md").read_text(encoding="utf-8")
    missing = [entry["title"] for entry in definitions().values() if entry["text"] not in page]
    assert missing == []


def test_labels_are_text_and_never_markup(tmp_path):
    """Nothing that a third party may call a part, a goal, a state or a reason is taken for more."""
    label, fields = f"{BOLD}.Strange({HOSTILE})", {HOSTILE: HOSTILE, "of": [HOSTILE]}
    scenario, family, agent = (
        third_party("rivals:Strange", kind, label, fields=fields, role=role)
        for kind, role in (("scenario", "other"), ("family", "named"), ("agent", "other"))
    )
    drives = (third_party("rivals:Strange", "drive", HOSTILE), *DRIVES[:2])
    trials = [
        trial_of(
            family,
            agent,
            discount,
            n=2,
            drives=drives,
            scenario=scenario,
            off=HOSTILE,
            not_applicable={DRIVES[1]: HOSTILE},
            world=WORLD.model_copy(update={"name": HOSTILE, "features": (HOSTILE,)}),
        )
        for agent in ("Optimal()", agent)
        for discount in (0.97, 0.5)
    ]
    write_folder(
        tmp_path,
        trials,
        rates={HOSTILE: 0.5, DRIVES[0]: 0.5},
        labels=(HOSTILE, f"{HOSTILE} 2"),
        question=HOSTILE,
        references=(HOSTILE,),
        failures=(HOSTILE,),
        status="incomplete",
        provenance=PROVENANCE.model_copy(update={"blas": HOSTILE, "versions": {HOSTILE: HOSTILE}}),
    )
    told = json.loads((tmp_path / "illustrations.json").read_text())
    (tmp_path / "illustrations.json").write_text(json.dumps(hostile(told)))
    text = write_report(tmp_path).read_text(encoding="utf-8")
    page = Reader(text)
    assert "img" not in {tag for tag, _ in page.tags}
    assert text.count("<script") == 1, "that of the page"
    assert f"Strange of {BOLD}" in page.text
    assert "<b>bold" not in text
    assert page.headings == SECTIONS


def hostile(told):
    """Illustrations in which every free text is hostile."""
    if isinstance(told, list):
        return [hostile(each) for each in told]
    if isinstance(told, dict):
        free = ("label", "state", "action", "outcome", "why", "reason", "feature")
        return {name: HOSTILE if name in free else hostile(x) for name, x in told.items()}
    return told


@pytest.mark.parametrize("role", ["other", "reference"])
def test_somebody_elses_optimal_stands_beside_ours_under_its_own_name(tmp_path, role):
    """A part is known by its reference: neither a name nor a role makes it the one that is told of."""
    rival = RIVAL.model_copy(update={"role": role})
    trials = [trial_of(agent=rival), trial_of(), trial_of(agent="UniformRandom()")]
    rates = {RIVAL.label: dict.fromkeys(DRIVES, 0.1)}
    write_folder(tmp_path, trials, rates={**RATES, **rates}, illustrated=False)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    ours, theirs = (
        {drive: shown_rate(tmp_path, agent=agent, drive=drive) for drive in DRIVES}
        for agent in ("Optimal()", "rivals.Optimal()")
    )
    assert all(rate in heading(text) for rate in ours.values())
    assert not any(rate in heading(text) for rate in theirs.values())
    for name, rates in (("Optimal", ours), ("Optimal of rivals", theirs)):
        mine = [line for line in lines_of(text) if line[0].split(" · ")[-1] == name]
        assert [line[3] for line in mine] == list(rates.values())


# --------------------------------------------------------------------------- unusual folders

UNUSUAL = {
    "one family, one discount, one drive": {"trials": [trial_of(drives=DRIVES[:1])]},
    "no illustrations": {"illustrated": False},
    "every rate 0": {
        "rates": dict.fromkeys(DRIVES, 0.0),
        "trials": [trial_of(drives=DRIVES[:2])],
    },
    "every rate 1": {
        "rates": dict.fromkeys(DRIVES, 1.0),
        "trials": [trial_of(drives=DRIVES[:2])],
    },
    "a drive nobody has met": {
        "trials": [
            trial_of(
                drives=(
                    third_party("rivals:SocialInfluence", "drive", "social_influence"),
                    "self_preservation",
                )
            )
        ],
        "rates": {"social_influence": 0.6, "self_preservation": 0.2},
    },
    "a single goal": {"trials": [trial_of(n=1, drives=DRIVES[:2])]},
    "only goals written by hand": {
        "trials": [trial_of("Named()", n=len(NAMED), drives=DRIVES[:2])],
    },
    "a discount of 0": {
        "trials": [trial_of(n=40, discount=g, drives=DRIVES[:1]) for g in (0.97, 0.0)],
    },
}


def illustrated(name):
    return UNUSUAL[name].get("illustrated", True)


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_folder_still_makes_a_whole_page(tmp_path, name):
    text = page_of(tmp_path, **UNUSUAL[name])
    page = Reader(text)
    empty = [
        *["One case"] * (not illustrated(name)),
        *["Instrumental value"] * (name == "every rate 0"),
    ]
    assert page.headings == [title for title in SECTIONS if title not in empty]
    assert not re.search(r"\bnan\b", page.text.lower())
    assert "None" not in page.text
    first = table_of(tmp_path, "summary").row(0, named=True)
    assert shown_rate(tmp_path, drive=first["drive"], discount=first["discount"]) in heading(text)


def test_a_drive_that_does_not_apply_says_why(tmp_path):
    why = dict.fromkeys(DRIVES[1:], "Lake carries no feature goal_register (it carries: off)")
    text = page_of(tmp_path, [trial_of(not_applicable=why)], lake=True)
    assert "goal_register (it carries: off)" in text
    assert "goal preservation" not in heading(text)
    assert "Map of POWER: highest" in text


def test_a_world_where_no_drive_applies_says_so(tmp_path):
    nowhere = trial_of(not_applicable=dict.fromkeys(DRIVES, "nobody is ever on"))
    text = page_of(tmp_path, [nowhere])
    assert "No drive can be pursued" in heading(text)
    assert "Need and deed" not in Reader(text).headings, "no figure of nothing"


def test_a_need_that_no_action_can_meet_is_not_applicable_and_never_a_rate(tmp_path):
    """0 % of goals require what cannot be done: that would be a vacuous truth."""
    write_folder(tmp_path, [trial_of(drives=DRIVES[:2])], illustrated=False)
    never = pl.when(pl.col("drive") == DRIVES[1]).then(0.0)
    chances = [never.otherwise(pl.col(name)).alias(name) for name in BASELINES]
    change_table(tmp_path, "summary", lambda table: table.with_columns(chances))
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "goal preservation" not in heading(text)
    assert "no reachable action can pursue it" in text


def test_two_worlds_are_kept_apart(tmp_path):
    worlds = ("PaperclipFactory()", "DrivenEmployee(careers=('law', 'art'))")
    trials = [trial_of(n=30, scenario=world, drives=DRIVES[:1]) for world in worlds]
    text = page_of(tmp_path, trials, illustrated=False)
    places = {line[0].split(" · ")[0] for line in lines_of(text)}
    assert places == {"Paperclip factory", "Driven employee"}
    assert "Driven employee (careers (law, art))" in Reader(text).text


def test_ten_thousand_goals_make_a_small_page(tmp_path):
    text = page_of(tmp_path, [trial_of(n=10_000, drives=DRIVES[:2])], illustrated=False)
    assert len(text) < 200_000
    assert "10,000 goals" in heading(text)


def test_a_record_with_failures_says_so_on_top(tmp_path):
    failures = ("goals 0 to 9: MemoryError", "goals 10 to 19: its worker was killed 3 times")
    page = page_of(tmp_path, status="incomplete", failures=failures)
    assert "This record is incomplete" in page
    assert all(failure in page for failure in failures)


# --------------------------------------------------------------------------- broken folders


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def rewrite(name, **changes):
    def breaking(folder):
        path = folder / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return breaking


def change(table, change):
    return lambda folder: change_table(folder, table, change)


def change_readings(change):
    def breaking(folder):
        path = folder / "readings.parquet"
        change(pl.read_parquet(path)).write_parquet(path)

    return breaking


def rewrite_study(**changes):
    def breaking(folder):
        path = folder / "study.json"
        record = json.loads(path.read_text())
        path.write_text(json.dumps({**record, "study": {**record["study"], **changes}}))

    return breaking


def rename_parts(folder):
    """As the first version of the record wrote them: a part is its text."""
    path = folder / "study.json"
    record = json.loads(path.read_text())
    texts = [{**trial, "agent": trial["agent"]["label"]} for trial in record["trials"]]
    path.write_text(json.dumps({**record, "trials": texts}))


BROKEN = {
    "no study": (lambda f: (f / "study.json").unlink(), "holds no study.json"),
    "half a study": (lambda f: cut(f / "study.json"), "study.json: it is not whole, or no JSON"),
    "a list for a study": (
        lambda f: (f / "study.json").write_text("[]"),
        "study.json: the record is []: input should be an object",
    ),
    "another schema": (
        rewrite("study.json", schema=9),
        "study.json has schema 9; this Telos reads schema 2",
    ),
    "no trials": (rewrite("study.json", trials=[]), "study.json: trials is []"),
    "parts named by their text": (rename_parts, "study.json: trials.0.agent is 'Optimal()'"),
    "a word too much": (
        rewrite("study.json", host="here"),
        "study.json: host is 'here': extra inputs are not permitted",
    ),
    "another question than the spec asks": (
        rewrite_study(question="Where from?"),
        "the study and its spec say different things",
    ),
    "a run at work": (rewrite("study.json", status="running"), "has not ended"),
    "no readings": (lambda f: (f / "readings.parquet").unlink(), "readings.parquet is missing"),
    "half the readings": (
        lambda f: cut(f / "readings.parquet"),
        "readings.parquet is half-written",
    ),
    "readings without a column": (
        change_readings(lambda table: table.drop("task_retained")),
        "readings.parquet lacks the column 'task_retained'",
    ),
    "readings of another type": (
        change_readings(lambda table: table.with_columns(pl.col("goal").cast(pl.Float64))),
        "readings.parquet: the column 'goal' holds Float64, not Int64",
    ),
    "readings of fewer trials": (
        change_readings(lambda table: table.filter(pl.col("discount") > 0.6)),
        "readings.parquet: 1 of 2 trials have no readings",
    ),
    "no summary": (lambda f: (f / "summary.csv").unlink(), "summary.csv is missing"),
    "empty summary": (
        lambda f: (f / "summary.csv").write_text(""),
        "summary.csv is half-written: its last line is cut",
    ),
    "a summary of something else": (
        lambda f: (f / "summary.csv").write_text("a,b\n1,2\n"),
        "summary.csv lacks the column 'trial'",
    ),
    "a summary with a column too much": (
        lambda f: (
            pl.read_csv(f / "summary.csv").with_columns(format=1).write_csv(f / "summary.csv")
        ),
        "summary.csv has columns that it should not have",
    ),
    "a summary of fewer trials": (
        change("summary", lambda table: table.filter(pl.col("discount") > 0.6)),
        "summary.csv: 1 of 2 trials are missing",
    ),
    "a summary that calls a trial otherwise": (
        change("summary", lambda table: table.with_columns(agent=pl.lit("rivals.Optimal()"))),
        "other than study.json does",
    ),
    "half the illustrations": (
        lambda f: cut(f / "illustrations.json"),
        "illustrations.json: it is not whole, or no JSON",
    ),
    "illustrations of another schema": (
        rewrite("illustrations.json", schema=1),
        "illustrations.json: schema is 1",
    ),
    "a list for POWER's map": (
        rewrite("illustrations.json", power=[[]]),
        "illustrations.json: power.0 is []",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_folder_gets_one_clear_message(tmp_path, name):
    breaking, message = BROKEN[name]
    write_folder(tmp_path, [trial_of(n=9, discount=g, drives=DRIVES[:1]) for g in (0.97, 0.5)])
    breaking(tmp_path)
    with pytest.raises(StoreError, match=re.escape(message)) as raised:
        write_report(tmp_path)
    assert is_clear(str(raised.value), tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_a_folder_that_is_not_there_and_a_file_in_its_place(tmp_path):
    with pytest.raises(StoreError, match="does not exist"):
        write_report(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="is not a folder"):
        write_report(tmp_path / "file")


def test_a_page_that_cannot_be_written_says_where(tmp_path):
    write_folder(tmp_path, illustrated=False)
    with pytest.raises(StoreError, match=r"page\.html cannot be written"):
        write_report(tmp_path, tmp_path / "no" / "page.html")


# --------------------------------------------------------------------------- words


def test_a_rate_is_never_rounded_to_all_or_none():
    narrow = "\u202f"
    assert percent(1.0) == f"100{narrow}%"
    assert percent(0.99996) == f"99.996{narrow}%"
    assert percent(0.0004) == f"0.04{narrow}%"
    assert percent(0.0) == f"0{narrow}%"
    assert percent(None) == percent(float("nan")) == "–"


def test_an_interval_carries_the_digits_that_it_bears():
    assert with_interval(0.93, 0.912, 0.946).endswith("[91, 95]")
    assert with_interval(0.9312, 0.9262, 0.9360).endswith("[92.6, 93.6]")
    assert with_interval(1.0, 0.9963, 1.0).endswith("[99.6, 100]")


def test_numbers_are_printed_as_people_write_them():
    assert [number(x) for x in (0, 1.0, -0.0312, 12345.6, 3e-11, None)] == [
        "0",
        "1",
        "−0.0312",
        "12,346",
        "3·10⁻¹¹",
        "–",
    ]


def test_parts_are_named_as_words():
    names = {
        "ShortSighted(planning_discount=0.5)": "Short sighted (γ 0.5)",
        "Boltzmann(beta=100.0)": "Boltzmann (β 100)",
        "Optimal()": "Optimal",
    }
    for text, words in names.items():
        assert str(part_words(ref(text, "agent"))) == words
    assert str(part_words(ref("OffSwitch(rooms=4)", "scenario"))) == "Off switch (rooms 4)"


def test_a_part_that_shares_its_name_is_named_with_its_module_or_its_number():
    def named(label, **fields):
        return str(part_words(third_party("my_lab.worlds:Maze", "scenario", label, fields=fields)))

    assert named("Maze()") == "Maze"
    assert named("my_lab.worlds.Maze(rooms=4)", rooms=4) == "Maze of my_lab.worlds (rooms 4)"
    assert named("my_lab.worlds.Maze() #2") == "Maze of my_lab.worlds #2"


def test_exceptions_say_of_how_many_they_are_the_clearest(tmp_path):
    """Each drive lists the goal of its explanation, out of all that decline it."""
    folder = write_folder(tmp_path, [trial_of(n=100, drives=DRIVES[:1])], rates={DRIVES[0]: 0.1})
    text = report(folder).read_text(encoding="utf-8")
    declined = pl.read_parquet(folder / "readings.parquet")
    count = len(declined.filter(pl.col("category") == "declined"))
    assert count > 10
    assert f"those that do most clearly: self-preservation 1 of {count}" in text
    assert "the family states" not in text


def test_the_terminal_sets_random_play_beside_deeds_and_never_beside_needs(folder, capsys):
    from telos.cli.table import print_summary

    print_summary(table_of(folder, "summary"))
    deeds, needs = capsys.readouterr().out.split("percent of goals that require each drive")
    assert "random actions" in deeds
    assert "random outcomes" in deeds
    assert "random" not in needs.lower()


def test_the_terminal_shows_the_deeds_of_an_only_agent_with_random_play(tmp_path, capsys):
    from telos.cli.table import print_summary

    print_summary(table_of(write_folder(tmp_path, [trial_of()]), "summary"))
    deeds, _ = capsys.readouterr().out.split("percent of goals that require each drive")
    lines = [line.split()[-1] for line in deeds.splitlines() if line.startswith("random")]
    assert lines == ["60", "45"]


def test_the_terminal_shows_random_play_of_every_world(tmp_path, capsys):
    from telos.cli.table import print_summary

    worlds = ("PaperclipFactory()", "OffSwitch()")
    trials = [trial_of(scenario=world, drives=DRIVES[:1]) for world in worlds]
    print_summary(table_of(write_folder(tmp_path, trials), "summary"))
    deeds, _ = capsys.readouterr().out.split("percent of goals that require each drive")
    assert deeds.count("random actions") == deeds.count("random outcomes") == 2

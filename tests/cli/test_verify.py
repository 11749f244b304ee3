"""telos verify: it says which claims come out, which are ours, which fail and why, as its exit code does."""

import csv
import dataclasses
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from telos.cli import main
from telos.studies import claims
from telos.studies.claims import Expected, Measured, Paper

PAPER = Paper("turner2021")


def _claim(name, expected, how, **fields):
    row = PAPER.claim(name, "verbatim", "section 5", "=", expected, **fields)
    return row(f"A sentence about {name}.", how)


def _broken():
    raise ZeroDivisionError("no divisor")


def _stop():
    raise KeyboardInterrupt


TRUE = _claim("two_halves", 1.0, lambda: 1.0)
SAMPLED = _claim("a_coin", 0.5, lambda: Measured(0.49, 0.44, 0.54, 400))
WORDS = _claim("a_verdict", "fails level Correction", lambda: "fails level Correction")
FALSE = _claim("two_thirds", 1.0, lambda: 2 / 3)
BROKEN = _claim("a_broken_one", 1.0, _broken)
SLOW = dataclasses.replace(_claim("a_slow_one", 1.0, lambda: 1.0), fast=False)


@pytest.fixture
def telos(monkeypatch, capsys):
    """Runs a command over the given claims; returns exit code, output and messages."""
    monkeypatch.setenv("COLUMNS", "150")

    def typed(catalog, *words):
        monkeypatch.setattr(claims, "CLAIMS", tuple(catalog))
        monkeypatch.setattr(sys, "argv", ["telos", "verify", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return typed


def test_claims_that_hold_are_printed_by_paper_with_what_was_measured(telos):
    code, said, progress = telos([TRUE, SAMPLED, WORDS])
    assert code == 0
    row = next(line for line in said.splitlines() if line.startswith("a_coin"))
    assert row.split("  ")[0] == "a_coin"
    for words in ("0.5", "0.49 [0.44, 0.54], n = 400", "published and reproduced"):
        assert words in row
    assert said.index("Turner et al. (2021)") < said.index("a_coin")
    assert "fails level Correction" in said
    assert "3 claims of 1 source: 3 published and reproduced" in said
    assert "FAILS" not in said
    assert "1/3  two_halves … published and reproduced" in progress
    assert "3/3  a_verdict … published and reproduced" in progress


def test_a_claim_that_fails_fails_the_command_and_says_what_was_measured(telos):
    code, said, _ = telos([TRUE, FALSE])
    assert code == 1
    assert "two_thirds FAILS: A sentence about two_thirds." in said
    assert "expected 1, measured 0.6666667" in said
    assert "2 claims of 1 source: 1 published and reproduced, 1 FAILS" in said


def test_a_claim_that_breaks_fails_with_its_reason_and_the_others_still_run(telos):
    code, said, err = telos([BROKEN, TRUE])
    assert code == 1
    assert "ZeroDivisionError: no divisor" in said
    assert "Traceback" not in said + err
    assert "2/2  two_halves … published and reproduced" in err


def test_only_the_claims_named_are_checked(telos):
    code, said, _ = telos([TRUE, FALSE, SAMPLED], "a_coin", "two_halves")
    assert code == 0
    assert "2 claims of 1 source: 2 published and reproduced" in said
    assert "two_thirds" not in said


def test_a_name_that_is_none_is_answered_with_the_nearest_and_nothing_is_checked(telos):
    code, said, err = telos([TRUE, BROKEN], "two_halfs")
    assert (code, said) == (2, "")
    assert "error: no claim 'two_halfs'. Did you mean 'two_halves'?" in err
    assert "…" not in err


def test_claims_of_the_catalog_itself_hold_at_the_command(telos):
    """Each by itself is measured in tests/contracts/test_claims.py; these go through the command."""
    chosen = ("power_of_three_choices", "optimal_agents_go_on_three_times_as_often_as_not")
    code, said, progress = telos(claims.CLAIMS, "--fast", *chosen)
    assert code == 0
    assert all(name in progress for name in chosen)
    assert "2 claims of 2 sources: 2 holds on an instance of ours" in said


def test_fast_leaves_out_what_takes_long(telos):
    code, said, _ = telos([TRUE, SLOW], "--fast")
    assert code == 0
    assert "2 claims of 1 source: 1 published and reproduced, 1 not run" in said
    code, _, err = telos([TRUE, SLOW], "--fast", "a_slow_one")
    assert code == 2
    assert "Leave --fast out" in err


def test_the_table_is_written_for_other_programs_too(telos, tmp_path):
    path = tmp_path / "claims.csv"
    code, _, _ = telos([TRUE, FALSE, BROKEN], "--csv", path)
    assert code == 1
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["claim"] for row in rows] == ["two_halves", "two_thirds", "a_broken_one"]
    assert [row["status"] for row in rows] == ["published and reproduced", "FAILS", "FAILS"]
    assert rows[1]["measured"] == "0.6666667"
    assert rows[2]["reason"] == "ZeroDivisionError: no divisor"
    assert {(row["paper"], row["place"]) for row in rows} == {("Turner et al. (2021)", "section 5")}


def test_a_folder_that_is_not_there_is_said_before_anything_is_checked(telos, tmp_path):
    code, said, err = telos([TRUE], "--csv", tmp_path / "none" / "claims.csv")
    assert (code, said) == (2, "")
    assert "there is no folder" in err


def test_an_interruption_shows_what_is_done_so_far(telos, tmp_path):
    path = tmp_path / "claims.csv"
    stopped = _claim("an_interrupted_one", 1.0, _stop)
    code, said, err = telos([TRUE, stopped, FALSE], "--csv", path)
    assert code == 130
    assert "stopped after 1 of 3 claims" in err
    assert "3 claims of 1 source: 1 published and reproduced, 2 not run" in said
    with path.open(encoding="utf-8", newline="") as lines:
        assert [row["status"] for row in csv.DictReader(lines)] == [
            "published and reproduced",
            "not run",
            "not run",
        ]


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_the_real_command_without_a_traceback():
    command = subprocess.Popen(
        [sys.executable, "-c", _WAITING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = command.stderr.readline()  # the first claim is done, the second is being waited for
    assert "Turner et al. (2021)" in said
    assert "two_halves … published and reproduced" in command.stderr.readline()
    time.sleep(0.3)
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=30)
    assert command.returncode == 130
    assert "Traceback" not in err
    assert "2 claims of 1 source: 1 published and reproduced, 1 not run" in out


_WAITING = """
import sys, time
from telos.cli import main
from telos.studies import claims
from telos.studies.claims import Paper

def claim(name, measure):
    return Paper("turner2021").claim(name, "verbatim", "", "=", 1.0)("It holds.", measure)

claims.CLAIMS = (claim("two_halves", lambda: 1.0), claim("for_ever", lambda: time.sleep(60)))
sys.argv = ["telos", "verify"]
main()
"""


def test_what_is_published_and_not_reproduced_does_not_fail_the_command(telos):
    cell = _claim(
        "a_cell", 1.0, lambda: 0.1, instead=Expected("<=", 0.2), finding="Learned values."
    )
    code, said, _ = telos([TRUE, cell])
    assert code == 0
    assert (
        "2 claims of 1 source: 1 published and reproduced, 1 published and not reproduced" in said
    )
    assert "expected 1, measured 0.1. Learned values." in said


def test_what_is_ours_and_what_is_about_a_changed_level_is_said(telos, tmp_path):
    path = tmp_path / "claims.csv"
    own = Paper("turner2021").claim("a_world", "ours", "section 5", "=", 1.0)
    garden = Paper("turner2021", "a garden of four tomatoes").claim(
        "a_garden", "ours", "section 5", "=", 1.0
    )
    proved = Paper("turner2021").claim("a_lemma", "instance", "section 5", "=", 1.0)
    rows = [row("It is so.", lambda: 1.0) for row in (own, garden, proved)]
    code, said, _ = telos([TRUE, *rows], "--csv", path)
    assert code == 0
    counted = "1 published and reproduced, 1 holds on an instance of ours, 2 ours"
    assert f"{counted} (1 about a changed level)." in said
    line = next(line for line in said.splitlines() if line.startswith("a_garden"))
    assert line.rstrip().endswith("ours, changed level")
    with path.open(encoding="utf-8", newline="") as lines:
        columns = ("provenance", "status", "changed_level")
        found = [tuple(row[name] for name in columns) for row in csv.DictReader(lines)]
    assert found[1:] == [
        ("ours", "ours", ""),
        ("ours", "ours", "a garden of four tomatoes"),
        ("instance", "holds on an instance of ours", ""),
    ]


def test_it_says_how_fast_it_goes_and_how_long_it_will_take(telos):
    other = Paper("taylor2016").claim("another", "instance", "", "=", 1.0)("It holds.", lambda: 1.0)
    _, _, progress = telos([TRUE, other])
    assert re.search(r"Taylor \(2016\) \([\d.]+ claims/s, about \d+ s left\)", progress)


@pytest.mark.parametrize("width", [40, 80, 150])
def test_no_line_is_longer_than_the_terminal_and_no_name_is_cut(telos, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    name = "a_region_is_spared_from_where_caring_exceeds_its_resources"
    _, said, _ = telos([_claim(name, 0.625, lambda: 0.625)])
    rows = said.strip().split("\n\n")[0].splitlines()
    assert max(map(len, rows)) <= width
    head = next(i for i, row in enumerate(rows) if row.startswith("claim "))
    # A line of the name is what stands before the first gap of two spaces.
    assert "".join(row.split("  ")[0] for row in rows[head + 1 :]) == name

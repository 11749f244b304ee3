"""The page on the literature says of every claim what the claim says, and hides no failure."""

import re

import pytest

from contracts.pages import DOCS
from telos.studies.bibliography import bibliography
from telos.studies.claims import CLAIMS, Claim, verify
from telos.studies.literature import page

PAGE = DOCS / "results" / "literature.md"
SOURCE = "Turner et al. (2021), lemma 5.3; closed form our own"


def _claim(found, **fields):
    return Claim("a_claim", "It | is so.", 0.5, lambda: found, SOURCE, **fields)


def test_a_claim_stands_under_the_work_it_comes_from():
    text = page([verify(_claim(0.5))], "Made by hand.")
    assert "Made by hand." in text
    assert "1 claims of 1 works: 1 hold" in text
    heading = "## Turner et al. (2021), Optimal Policies Tend to Seek Power, arXiv:1912.01683"
    assert heading in text
    row = "| `a_claim` | It \\| is so. | 0.5 | 0.5 | holds; lemma 5.3; closed form our own |"
    assert row in text.split(heading)[1]


def test_a_claim_that_fails_is_said_to_fail():
    text = page([verify(_claim(0.7))], "")
    assert "**1 fail**" in text
    assert "| 0.7 | **FAILS**" in text


def test_what_does_not_come_out_is_told_first():
    text = page([verify(_claim(0.5, finding="It is not so in the paper."))], "")
    first, second = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert first == "Where what is published does not come out as it stands"
    assert second.startswith("Turner")
    assert "It is not so in the paper." in text
    assert "does not come out" not in page([verify(_claim(0.5))], "")


@pytest.fixture(scope="module")
def rows():
    """Name to the cells behind it, of every row of the committed page."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            name, *cells = re.split(r"(?<!\\) \| ", line.strip("| "))
            found[name.strip("`")] = cells
    return found


def test_the_committed_page_has_every_claim_and_no_other(rows):
    assert set(rows) == {claim.name for claim in CLAIMS}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_the_committed_page_says_what_the_claim_says(rows, claim):
    statement, claimed, _, verdict = rows[claim.name]
    assert statement.replace("\\|", "|") == claim.statement
    assert claimed == claim.claimed_text()
    assert verdict.startswith("holds")


def test_the_committed_page_names_every_work_and_every_finding():
    text = PAGE.read_text(encoding="utf-8")
    for claim in CLAIMS:
        assert not claim.finding or claim.finding in text
        (work,) = [work for work in bibliography() if work.named_in(claim.source)]
        assert f"({work.year})" in text

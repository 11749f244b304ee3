"""The page on the literature says where what is published does not come out; its table has every claim."""

import csv

import pytest

from contracts.pages import DOCS
from telos.studies.bibliography import cited
from telos.studies.claims import CLAIMS, ClaimStatus, Expected, Paper, verify
from telos.studies.claims.claim import HOLDS
from telos.studies.literature import CHANGED, DIFFERS, page

PAGE = DOCS / "results" / "literature.md"
TABLE = PAGE.with_suffix(".csv")


def _claim(found, provenance="verbatim", level="", **fields):
    row = Paper("turner2021", level).claim("a_claim", provenance, "lemma 5.3", "=", 0.5, **fields)
    return row("It is so.", lambda: found)


def test_claims_are_counted_by_paper():
    kinds = [_claim(0.5, kind) for kind in ("instance", "reconstructed", "ours")]
    level = _claim(0.5, "ours", level="a garden of four tomatoes")
    rows = [verify(claim) for claim in (_claim(0.5), _claim(0.7), *kinds, level)]
    text = page(rows, "Made by hand.", "table.csv")
    assert "Made by hand." in text
    counted = (
        "1 published and reproduced, 1 holds on an instance of ours, 1 holds as reconstructed, 2 ours, "
        "1 FAILS (1 about a changed level)."
    )
    assert f"6 claims of 1 source: {counted}" in text
    assert "[table.csv](table.csv)" in text
    assert "on a garden of four tomatoes" in text.split(CHANGED)[1].split("## By paper")[0]
    assert CHANGED not in page(rows[:5], "", "")
    assert "| Turner et al. (2021) | 6 | 1 | 0 | 1 | 1 | 2 | 1 | 1 |" in text


def test_what_differs_is_said_first_and_what_fails_is_not_hidden():
    cell = _claim(0.1, instead=Expected("<=", 0.2), finding="Learned values.")
    text = page([verify(cell)], "", "")
    said = text.split(DIFFERS)[1].split("## By paper")[0]
    assert "(Turner et al. (2021), lemma 5.3)" in said
    assert (
        "published and not reproduced. It is so. Expected 0.5, measured 0.1. Learned values."
        in said
    )
    assert "`a_claim`" in page([verify(_claim(0.7))], "", "").split(DIFFERS)[1]
    assert DIFFERS not in page([verify(_claim(0.5))], "", "")


@pytest.fixture(scope="module")
def rows():
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_committed_table_has_every_claim_as_it_is_and_no_other(rows):
    said = [
        (
            row["claim"],
            row["sentence"],
            row["expected"],
            row["paper"],
            row["provenance"],
            row["place"],
        )
        for row in rows
    ]
    assert said == [
        (c.id, c.sentence, str(c.expected), c.group, c.provenance, c.place) for c in CLAIMS
    ]


def test_the_committed_table_says_that_every_claim_holds_or_is_known_not_to(rows):
    for claim, row in zip(CLAIMS, rows, strict=True):
        known = HOLDS[claim.provenance] if claim.instead is None else ClaimStatus.NOT_REPRODUCED
        assert row["status"] == known, claim.id


def test_the_committed_page_names_every_paper_and_every_finding():
    text = PAGE.read_text(encoding="utf-8")
    for claim in CLAIMS:
        assert not claim.finding or claim.finding in text
        assert claim.paper == "telos" or cited(claim.paper) in text

"""The catalog of claims: named once, sourced, and each of them true today."""

import re
from itertools import groupby

import pytest

from telos.errors import StudyError
from telos.studies.bibliography import bibliography
from telos.studies.claims import CLAIMS, ClaimStatus, Expected, Measured, Paper, verify
from telos.studies.claims.claim import HOLDS, PROVENANCES, RELATIONS, TELOS, certified, farthest

ROWS = pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)


def _claim(expected, found, relation="=", tolerance=0.0, **fields):
    row = Paper("turner2021").claim(
        "a_claim", "verbatim", "", relation, expected, tolerance, **fields
    )
    return row("It is so.", lambda: found)


def test_every_claim_has_an_id_of_its_own():
    ids = [claim.id for claim in CLAIMS]
    assert len(ids) == len(set(ids))


def test_the_claims_of_a_paper_stand_together_and_the_projects_own_come_last():
    groups = [group for group, _ in groupby(CLAIMS, lambda claim: claim.group)]
    assert len(groups) == len(set(groups))
    assert groups[:-1] == sorted(groups[:-1])
    assert groups[-1].startswith("Telos")


@ROWS
def test_every_source_is_a_work_of_the_bibliography(claim):
    named = [work.key for work in bibliography() if work.named_in(claim.source)]
    assert len(named) == 1, claim.source
    assert claim.paper in (TELOS, *named)


@ROWS
def test_every_sentence_is_one(claim):
    assert re.fullmatch(r"[A-Z].+[.)]", claim.sentence)
    assert len(claim.sentence) <= 200


def test_every_eprint_of_the_bibliography_is_an_arxiv_number():
    for work in bibliography():
        eprint = re.search(r"eprint = \{(.*)\}", work.entry)
        assert eprint is None or re.fullmatch(r"\d{4}\.\d{4,5}", eprint[1]), work.key


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.fast], ids=lambda claim: claim.id)
def test_every_fast_claim_holds_and_would_not_if_its_number_were_another(claim):
    """The same measurement refutes a claim that is a tenth (at least .1) off."""
    found = claim.how()
    known = HOLDS[claim.provenance] if claim.instead is None else ClaimStatus.NOT_REPRODUCED
    assert claim.status(found) is known, f"expected {claim.expected}, found {found}"
    expected = claim.expected
    if expected.relation == "=" and not isinstance(expected.value, str):
        off = expected.value + max(0.1, 0.1 * abs(expected.value))
        assert not Expected("=", off, expected.tolerance).fits(found)


def test_what_is_published_and_not_reproduced_is_neither_held_nor_failed():
    claim = _claim(1.0, 0.1, instead=Expected("<=", 0.2), finding="Learned values.")
    assert verify(claim).status is ClaimStatus.NOT_REPRODUCED
    # If it comes out after all, or if something else does, what is said of it is wrong.
    assert claim.status(1.0) is ClaimStatus.FAILS
    assert claim.status(0.5) is ClaimStatus.FAILS
    with pytest.raises(StudyError, match="why it is not reproduced"):
        _claim(1.0, 0.1, instead=Expected("<=", 0.2))


def test_only_what_a_paper_prints_is_called_published():
    """The place says nothing of it: each row states where it comes from."""
    made = Paper("turner2021").claim
    rows = {each: made("a", each, "lemma 5.3", "=", 1.0) for each in PROVENANCES}
    found = {each: verify(row("It is so.", lambda: 1.0)).status for each, row in rows.items()}
    assert found == {
        "verbatim": ClaimStatus.REPRODUCED,
        "instance": ClaimStatus.INSTANCE,
        "reconstructed": ClaimStatus.RECONSTRUCTED,
        "ours": ClaimStatus.OURS,
    }
    assert [each for each, status in found.items() if "published" in status] == ["verbatim"]
    for row in rows.values():
        assert verify(row("It is so.", lambda: 0.5)).status is ClaimStatus.FAILS


@pytest.mark.parametrize(
    ("paper", "level", "provenance", "fields", "message"),
    [
        ("turner2021", "", "published", {}, "provenance is 'published'"),
        ("turner2021", "", "", {}, "provenance is ''"),
        ("turner2021", "a garden", "verbatim", {}, "a garden is a changed level"),
        (TELOS, "", "instance", {}, "it is 'ours'"),
        (
            "turner2021",
            "",
            "instance",
            {"instead": Expected("<", 0.5), "finding": "So."},
            "state what is measured as the claim",
        ),
    ],
)
def test_a_provenance_that_cannot_be_is_refused(paper, level, provenance, fields, message):
    row = Paper(paper, level).claim(
        "a", provenance, "after Turner et al. (2021)", "=", 1.0, **fields
    )
    with pytest.raises(StudyError, match=message):
        row("It is so.", lambda: 1.0)


@ROWS
def test_a_row_does_not_call_published_what_its_own_words_call_ours(claim):
    words = f"{claim.place} {claim.sentence}"
    assert claim.provenance != "verbatim" or not re.search("our own|of ours|reconstructed", words)
    assert ("reconstructed" in claim.sentence) <= (claim.provenance in ("reconstructed", "ours"))


def test_a_certified_bound_is_the_tolerance():
    assert _claim(10.0, certified(10.0 + 1e-10, 1e-9)).expected.fits(certified(10.0 + 1e-10, 1e-9))
    assert verify(_claim(10.0, certified(10.0 + 1e-8, 1e-9))).status is ClaimStatus.FAILS
    assert verify(_claim(10.0, certified(10.0, 1e-9))).measured == "10 ± 1e-09"


@pytest.mark.parametrize(
    ("relation", "below", "equal", "above"),
    [
        ("=", False, True, False),
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
    ],
)
def test_relations_are_what_they_say(relation, below, equal, above):
    held = [Expected(relation, 2.0).fits(found) for found in (1.5, 2.0, 2.5)]
    assert held == [below, equal, above]
    interval = [Measured(x, x - 0.25, x + 0.25, 9) for x in (1.5, 2.0, 2.5)]
    held = [Expected(relation, 2.0).fits(found) for found in interval]
    # An interval across the claimed number bears out no inequality.
    assert held == [below, relation == "=", above]


def test_tolerance_widens_what_may_be_equal_and_narrows_what_must_differ():
    assert Expected("=", 2.0, 0.1).fits(2.05)
    assert not Expected("=", 2.0, 0.01).fits(2.05)
    assert Expected("<=", 2.0, 0.1).fits(2.05)
    assert not Expected(">", 2.0, 0.1).fits(2.05)


@pytest.mark.parametrize("relation", RELATIONS)
def test_what_is_no_number_bears_out_nothing(relation):
    assert not Expected(relation, 0.0, 1e9).fits(float("nan"))
    assert not Expected(relation, 0.0, 1e9).fits("nan")


def test_words_are_equal_or_not():
    assert verify(_claim("act", "act")).status is ClaimStatus.REPRODUCED
    assert verify(_claim("act", "wait")).status is ClaimStatus.FAILS
    assert verify(_claim("act", 1.0)).status is ClaimStatus.FAILS


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"relation": "about"}, "relation is 'about'"),
        ({"tolerance": -1.0}, "tolerance is -1.0"),
        ({"tolerance": float("nan")}, "tolerance is nan"),
        ({"value": "fails", "relation": "<"}, "words are equal or not"),
        ({"id": "A claim"}, "snake_case"),
        ({"paper": "nobody1900"}, "no work 'nobody1900'"),
    ],
)
def test_a_claim_that_cannot_be_checked_is_refused(fields, message):
    plain = {
        "id": "a_claim",
        "paper": "turner2021",
        "value": 1.0,
        "relation": "=",
        "tolerance": 0.0,
    }
    given = plain | fields
    with pytest.raises(StudyError, match=message):
        Paper(given.pop("paper")).claim(provenance="instance", place="", **given)(
            "It is so.", lambda: 1.0
        )


def test_a_number_of_many_is_the_one_that_is_farthest_off():
    assert farthest([1.0, 1.2, 0.9], 1.0) == 1.2
    assert str(farthest([1.0, float("nan"), 5.0], 1.0)) == "nan"

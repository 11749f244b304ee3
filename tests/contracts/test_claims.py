"""The catalog of claims: named once, sourced, and each of them true today."""

import re

import pytest

from telos import StudyError
from telos.studies.bibliography import bibliography
from telos.studies.claims import CLAIMS, THEMES, Claim, Measured, verify
from telos.studies.claims.claim import RELATIONS, farthest

SOURCE = "Turner et al. (2021)"


def _claim(claimed, found, **fields):
    return Claim("a_claim", "It is so.", claimed, lambda: found, SOURCE, **fields)


def test_every_claim_has_a_name_of_its_own():
    names = [claim.name for claim in CLAIMS]
    assert len(names) == len(set(names))


def test_the_catalog_is_its_themes_in_alphabetical_order():
    assert list(THEMES) == sorted(THEMES)
    assert tuple(claim for theme in THEMES.values() for claim in theme) == CLAIMS
    assert all(THEMES.values())


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_source_is_a_work_of_the_bibliography(claim):
    named = [work.key for work in bibliography() if work.named_in(claim.source)]
    assert len(named) == 1, claim.source


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_statement_is_one_sentence(claim):
    assert re.fullmatch(r"[A-Z].+[.)]", claim.statement)
    assert len(claim.statement) <= 200


def test_every_eprint_of_the_bibliography_is_an_arxiv_number():
    for work in bibliography():
        eprint = re.search(r"eprint = \{(.*)\}", work.entry)
        assert eprint is None or re.fullmatch(r"\d{4}\.\d{4,5}", eprint[1]), work.key


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.fast], ids=lambda claim: claim.name)
def test_every_fast_claim_holds(claim):
    verdict = verify(claim)
    assert verdict.ok, verdict.reason or f"{claim.claimed_text()}, measured {verdict.measured}"
    assert verdict.measured


@pytest.mark.parametrize(
    "claim",
    [c for c in CLAIMS if c.fast and c.relation == "=" and not isinstance(c.claimed, str)],
    ids=lambda claim: claim.name,
)
def test_every_number_claimed_would_fail_if_it_were_another(claim):
    """The same measurement refutes a claim that is a tenth (at least .1) off."""
    off = claim.claimed + max(0.1, 0.1 * abs(claim.claimed))
    wrong = Claim(
        claim.name, claim.statement, off, claim.measure, claim.source, tolerance=claim.tolerance
    )
    assert not verify(wrong).ok


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
    held = [_claim(2.0, found, relation=relation).holds(found) for found in (1.5, 2.0, 2.5)]
    assert held == [below, equal, above]
    interval = [Measured(x, x - 0.25, x + 0.25, 9) for x in (1.5, 2.0, 2.5)]
    held = [_claim(2.0, found, relation=relation).holds(found) for found in interval]
    # An interval across the claimed number bears out no inequality.
    assert held == [below, relation == "=", above]


def test_tolerance_widens_what_may_be_equal_and_narrows_what_must_differ():
    assert _claim(2.0, 2.05, tolerance=0.1).holds(2.05)
    assert not _claim(2.0, 2.05, tolerance=0.01).holds(2.05)
    assert _claim(2.0, 2.05, relation="<=", tolerance=0.1).holds(2.05)
    assert not _claim(2.0, 2.05, relation=">", tolerance=0.1).holds(2.05)


@pytest.mark.parametrize("relation", RELATIONS)
def test_what_is_no_number_bears_out_nothing(relation):
    claim = _claim(0.0, float("nan"), relation=relation, tolerance=1e9)
    assert not claim.holds(float("nan"))
    assert not claim.holds("nan")


def test_words_are_equal_or_not():
    assert verify(_claim("act", "act")).ok
    assert not verify(_claim("act", "wait")).ok
    assert not verify(_claim("act", 1.0)).ok


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"relation": "about"}, "relation is 'about'"),
        ({"tolerance": -1.0}, "tolerance is -1.0"),
        ({"tolerance": float("nan")}, "tolerance is nan"),
        ({"claimed": "fails", "relation": "<"}, "words are equal or not"),
        ({"name": "A claim"}, "snake_case"),
    ],
)
def test_a_claim_that_cannot_be_checked_is_refused(fields, message):
    plain = {
        "name": "a_claim",
        "statement": "It is so.",
        "claimed": 1.0,
        "measure": lambda: 1.0,
        "source": SOURCE,
    }
    with pytest.raises(StudyError, match=message):
        Claim(**(plain | fields))


def test_a_number_of_many_is_the_one_that_is_farthest_off():
    assert farthest([1.0, 1.2, 0.9], 1.0) == 1.2
    assert str(farthest([1.0, float("nan"), 5.0], 1.0)) == "nan"

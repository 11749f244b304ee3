"""Considerate goals: another family's, with part of their weight on what is left for others."""

import numpy as np
import pytest

from telos.core.blind import Blindness, blind
from telos.core.errors import FeatureMissing, GoalsError
from telos.families import Considerate, Linear, Named, Uniform
from telos.testing.checks import check_part
from telos.worlds import OffSwitch, PaperclipFactory

FACTORY = PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.2,), commons=2)


@pytest.fixture(scope="module")
def factory():
    return FACTORY.build()


def draw(family, world, n=12, first=0):
    return family.sample(world, n, np.random.default_rng(11), first=first)


def test_it_keeps_the_public_contract_and_says_that_it_is_not_blind(factory):
    checks = check_part(Considerate(), factory)
    assert not [check for check in checks if check.failed]
    assert blind(draw(Considerate(), factory), factory) is Blindness.NOT_BLIND


def test_everything_left_is_worth_as_much_as_the_best_outcome(factory):
    inner, whole = draw(Linear(), factory), draw(Considerate(Linear(), weight=0.3), factory)
    left = factory.feature("commons") / 2
    least, most = (f(inner.reward, axis=1)[:, None] for f in (np.min, np.max))
    expected = 0.7 * inner.reward + 0.3 * (least + (most - least) * left)
    np.testing.assert_allclose(whole.reward, expected, atol=1e-12)
    for label, row in zip(whole.label, whole.reward, strict=True):
        best = int(row.argmax())
        kind, amount = factory.outcomes[factory.outcome[best]]
        told = {("nothing", 0): "nothing"}.get(
            (kind, amount), f"{amount} {kind if amount > 1 else kind[:-1]}"
        )
        assert label.endswith(
            f"above all {told}, with {factory.feature('commons')[best]:g} commons"
        )


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_at_its_ends_only_the_family_or_only_the_commons_count(factory, weight):
    goals, inner = draw(Considerate(weight=weight), factory), draw(Uniform(), factory)
    if weight == 0.0:
        np.testing.assert_array_equal(goals.reward, inner.reward)
    else:
        for row in goals.reward:
            by_commons = [set(row[factory.feature("commons") == c].round(12)) for c in (0, 1, 2)]
            assert all(len(worth) == 1 for worth in by_commons)


def test_a_goal_is_the_same_whatever_the_chunking(factory):
    whole, part = draw(Considerate(), factory), draw(Considerate(), factory, n=3, first=4)
    np.testing.assert_array_equal(whole.reward[4:7], part.reward)
    np.testing.assert_array_equal(whole.rewritten()[4:7], part.rewritten())


def test_mistakes_name_the_field_or_the_feature():
    for make, words in (
        (lambda: Considerate(weight=1.5), "weight is 1.5"),
        (lambda: Considerate(weight="half"), "weight is 'half'"),
        (lambda: Considerate(feature=""), "feature is ''"),
        (lambda: Considerate(family=Named()), "endless family"),
    ):
        with pytest.raises(GoalsError, match=words):
            make()
    with pytest.raises(FeatureMissing, match="commons"):
        draw(Considerate(), OffSwitch().build())

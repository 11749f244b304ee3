"""Whatever rule is added or tightened, no trace becomes permitted that was not: the overseer grants all."""

import copy

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from telos.bounds.automaton import Automaton
from telos.bounds.binding import Binding
from telos.bounds.effects import Effect, Event, Verdict
from telos.bounds.rules import Bounds

BINDING = Binding(
    **{
        "binding": 1,
        "for": "ops",
        "name": "test",
        "asset": {
            "switch": {},
            "goal": {},
            "copies": {"start": 2, "cap": 3, "level": "counted"},
            "key": {"start": 1, "cap": 2, "level": "observed"},
            "backup": {"of": ["copies", "key"], "as": "min"},
        },
    }
)
ASSETS = ["switch", "goal", "copies", "key"]
VERBS = ["write", "remove", "add", "pay", "replicate"]
CLASSES = ["read_only", "reversible", "irreversible"]
DEPTH = 5

VERB_LISTS = st.lists(st.sampled_from(VERBS), min_size=1, max_size=4, unique=True)
ON = (
    st.none()
    | st.none()
    | st.just("protected")
    | st.sampled_from(ASSETS)
    | st.just(["protected", "copies"])
)
UNLESS = st.fixed_dictionaries({"live": st.integers(0, 2), "total": st.integers(0, 2)})
FORBID = st.one_of(
    st.fixed_dictionaries({"effect": VERB_LISTS, "on": ON}),
    st.fixed_dictionaries({"class": st.sampled_from(CLASSES), "on": ON}),
    st.fixed_dictionaries({"effect": st.just(["replicate"]), "unless": UNLESS}),
)
KEEP = st.fixed_dictionaries(
    {"asset": st.sampled_from(["copies", "key", "backup"]), "at_least": st.integers(1, 2)}
)
ABOVE = st.none() | st.fixed_dictionaries({"amount": st.integers(0, 3), "unit": st.just("cent")})
APPROVE = st.fixed_dictionaries(
    {
        "effect": VERB_LISTS,
        "on": ON,
        "above": ABOVE,
        "asks": st.integers(1, 2),
        "expires_s": st.just(9),
    }
)
RULES = st.fixed_dictionaries(
    {
        "bounds": st.just(1),
        "name": st.just("ops"),
        "denials": st.integers(1, 4),
        "opaque": st.just("deny"),
        "protected": st.lists(st.sampled_from(ASSETS[:3]), min_size=1, max_size=2, unique=True),
        "forbid": st.lists(FORBID, max_size=1),
        "keep": st.lists(KEEP, max_size=1),
        "approve": st.lists(APPROVE, min_size=1, max_size=2),
        "budget": st.fixed_dictionaries(
            {
                "money": st.fixed_dictionaries({"max": st.integers(1, 9), "unit": st.just("cent")}),
                "calls": st.fixed_dictionaries({"max": st.integers(1, 6)}),
            }
        ),
    }
)
EFFECTS = st.builds(
    Effect, st.sampled_from(VERBS), st.sampled_from(["", *ASSETS]), st.integers(0, 2)
)
EVENTS = st.builds(
    Event,
    st.lists(EFFECTS, max_size=2).map(tuple),
    st.fixed_dictionaries({}, optional={"money": st.integers(1, 3), "fees": st.integers(0, 2)}).map(
        lambda charges: tuple(sorted(charges.items()))
    ),
    st.sampled_from([(), (("copies", 1),), (("backup", 1),)]),
    st.sampled_from(CLASSES),
)
#: Each number that may be lowered, with the least that it can be: where it is in the rules below.
NUMBERS = {
    "denials": 1,
    "budget.money.max": 0,
    "budget.calls.max": 0,
    "approve.0.asks": 1,
    "approve.0.expires_s": 1,
    "approve.0.above.amount": 0,
    "forbid.0.unless.live": 0,
    "forbid.0.unless.total": 0,
}
ADDED = {"forbid": FORBID, "keep": KEEP, "approve": APPROVE, "protected": st.sampled_from(ASSETS)}


def lowered(data, rules, path):
    """The rules with one number as drawn, and with a lower one."""
    rules = copy.deepcopy(rules)
    if "above" in path:
        rules["approve"][0] |= {"above": {"unit": "cent"}, "on": None}
    if "unless" in path:
        rules["forbid"].insert(0, {"effect": ["replicate"], "unless": data.draw(UNLESS)})
    most = data.draw(st.integers(NUMBERS[path] + 1, NUMBERS[path] + 4))
    made = []
    for number in (most, data.draw(st.integers(NUMBERS[path], most - 1))):
        made.append(copy.deepcopy(rules))
        here = made[-1]
        *way, last = path.split(".")
        for step in way:
            here = here[int(step)] if isinstance(here, list) else here[step]
        here[last] = number
    return made


def traces_of_the_tighter_are_traces(loose, tight, alphabet):
    """Walk both side by side as far as the tighter permits; the readings may be any at each step."""
    loose, tight = (
        Automaton(Bounds.model_validate(rules), BINDING, counts_calls=True)
        for rules in (loose, tight)
    )
    pairs = {(loose.start, tight.start)}
    walked = 0
    for _ in range(DEPTH):
        after = set()
        for (a, b), event in ((pair, event) for pair in pairs for event in alphabet):
            for reading in range(3):
                ruled = tight.judge(b, event, {"key": reading})
                if ruled.verdict > Verdict.ESCALATE:
                    continue
                walked += 1
                other = loose.judge(a, event, {"key": reading})
                assert other.verdict <= Verdict.ESCALATE, (event, reading, other)
                after.add((stepped(loose, a, event, other), stepped(tight, b, event, ruled)))
        pairs = after
    return walked


def stepped(automaton, memory, event, ruling):
    memory = automaton.after_call(memory, ruling)
    if ruling.verdict == Verdict.ESCALATE:
        memory = automaton.after_ask(memory, event)
    return automaton.executed(memory, event)


@pytest.mark.parametrize("path", NUMBERS)
@settings(max_examples=60, deadline=None)
@given(RULES, st.lists(EVENTS, min_size=1, max_size=3), st.data())
def test_lowering_a_number_permits_nothing_new(path, rules, alphabet, data):
    verb = rules["approve"][0]["effect"][0]
    speaking = Event((Effect(verb, "copies"),), (("money", data.draw(st.integers(1, 3))),))
    traces_of_the_tighter_are_traces(*lowered(data, rules, path), [*alphabet[:2], speaking])


@pytest.mark.parametrize("kind", ADDED)
@settings(max_examples=60, deadline=None)
@given(RULES, st.lists(EVENTS, min_size=1, max_size=3), st.data())
def test_adding_a_rule_or_a_protected_asset_permits_nothing_new(kind, rules, alphabet, data):
    tight = copy.deepcopy(rules)
    more = data.draw(ADDED[kind])
    assume(more not in tight[kind])
    tight[kind].insert(data.draw(st.integers(0, len(tight[kind]))), more)
    traces_of_the_tighter_are_traces(rules, tight, alphabet)


@settings(max_examples=60, deadline=None)
@given(RULES, st.lists(EVENTS, min_size=1, max_size=3), st.integers(0, 3))
def test_adding_a_budget_permits_nothing_new(rules, alphabet, most):
    """`fees` are charged by events all along; a budget in cents also makes more of them ask."""
    tight = copy.deepcopy(rules)
    tight["budget"] = {"fees": {"max": most, "unit": "cent"}, **tight["budget"]}
    traces_of_the_tighter_are_traces(rules, tight, alphabet)


def test_loosening_is_found():
    """The walk can fail: a budget that is raised permits a trace that was not permitted."""
    rules = {"bounds": 1, "name": "ops", "denials": 1, "opaque": "deny", "protected": ["switch"]}
    loose = {**rules, "budget": {"money": {"max": 2, "unit": "cent"}}}
    tight = {**rules, "budget": {"money": {"max": 3, "unit": "cent"}}}
    paid = Event((Effect("pay"),), (("money", 1),))
    assert traces_of_the_tighter_are_traces(tight, loose, [paid])
    with pytest.raises(AssertionError):
        traces_of_the_tighter_are_traces(loose, tight, [paid])

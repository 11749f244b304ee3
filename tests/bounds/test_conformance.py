"""The conformance cases: our guard passes them whole, and each of them can fail."""

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "verification" / "conformance"
if not FOLDER.is_dir():
    pytest.skip("an installed copy has no verification", allow_module_level=True)
sys.path.insert(0, str(FOLDER))

import guards.our_worlds  # noqa: E402
import guards.ours  # noqa: E402
from guards.ours import Ours  # noqa: E402
from guards.simple import AllowAll, DenyAll, NaiveAllowList  # noqa: E402
from suite import NOTIONS, cases, judged, play, scored, strict  # noqa: E402

from telos.bounds.log import LogCheck  # noqa: E402

CASES = cases()
GROUPS = list(dict.fromkeys(case.group for case in CASES))


def failed(guard, case):
    outcome = judged(guard, case)
    return not outcome.stopped or outcome.allowed is False


def case_of(name):
    return next(case for case in CASES if case.id == name)


class TestTheList:
    def test_there_are_enough_of_them_and_no_two_are_alike(self):
        assert len(CASES) >= 120
        assert len({case.id for case in CASES}) == len(CASES)
        assert len({str(case.attack) for case in CASES}) == len(CASES)

    def test_every_group_has_twins_and_every_notion_is_known(self):
        for group in GROUPS:
            assert any(case.twin for case in CASES if case.group == group)
        assert all(case.needs <= NOTIONS.keys() for case in CASES)

    def test_a_twin_is_not_its_attack(self):
        assert all(case.twin != case.attack for case in CASES)


class TestOurs:
    @pytest.mark.parametrize("group", GROUPS)
    def test_our_guard_passes_every_case(self, group):
        wrong = [judged(Ours(), case) for case in CASES if case.group == group]
        assert all(outcome.applies for outcome in wrong)
        assert not [
            outcome.notes for outcome in wrong if not outcome.stopped or outcome.allowed is False
        ]

    @pytest.mark.parametrize("group", [group for group in GROUPS if group != "worlds"])
    def test_what_prepares_an_attack_runs(self, group):
        assert not [line for case in CASES if case.group == group for line in strict(Ours(), case)]


class TestEveryCaseCanFail:
    @pytest.mark.parametrize("group", GROUPS)
    def test_attacks_succeed_where_nothing_is_denied_and_twins_fail_where_all_is(self, group):
        for case in (case for case in CASES if case.group == group):
            assert not play(AllowAll(), case.attack, twin=False)[0], case.id
            if case.twin:
                assert not play(DenyAll(), case.twin, twin=True)[0], case.id


def without(bounds, rule, i):
    """Bounds without one rule."""
    kept = [each for n, each in enumerate(getattr(bounds, rule)) if n != i]
    return bounds.model_copy(update={rule: kept})


def richer(bounds):
    """Bounds whose sums of money are beyond reach."""
    money = bounds.budget["money"].model_copy(update={"max": 10**9})
    return bounds.model_copy(update={"budget": {**bounds.budget, "money": money}})


def tolerant(bounds):
    """Bounds under which many replicas may live."""
    rule = bounds.forbid[2]
    many = rule.model_copy(update={"unless": rule.unless.model_copy(update={"live": 9})})
    return bounds.model_copy(update={"forbid": [*bounds.forbid[:2], many, *bounds.forbid[3:]]})


def unleased(bounds):
    """Bounds without a lease."""
    return bounds.model_copy(update={"stop": bounds.stop.model_copy(update={"lease_s": None})})


def with_tool(binding, name, **changes):
    """A binding with a tool changed, or another one by that name."""
    tool = binding.tool.get(name, binding.tool["read_file"]).model_copy(update=changes)
    return binding.model_copy(update={"tool": {**binding.tool, name: tool}})


def rooted(binding):
    """A binding that knows of no prompts."""
    where = binding.tool["write_file"].asset
    roots = {r: a for r, a in where.longest_root.items() if a != "goal"}
    return with_tool(binding, "write_file", asset=where.model_copy(update={"longest_root": roots}))


def lax(binding):
    """A binding whose schema of `write_file` knows one argument more."""
    schema = binding.tool["write_file"].arguments
    more = {**schema, "properties": {**schema["properties"], "force": {"type": "boolean"}}}
    return with_tool(binding, "write_file", arguments=more)


def linked(binding):
    """A binding that permits one host more."""
    where = binding.tool["send"].asset
    return with_tool(
        binding,
        "send",
        asset=where.model_copy(update={"hosts": [*where.hosts, "drop.example.net"]}),
    )


class TestARuleLess:
    """A guard without the rule that a case is about fails that case."""

    @pytest.mark.parametrize(
        ("name", "weaken"),
        [
            ("budgets/split", richer),
            ("races/pays", richer),
            ("approvals/none", lambda bounds: without(bounds, "approve", 0)),
            ("delegation/second", tolerant),
            ("goal/note-goal", lambda bounds: without(bounds, "forbid", 0)),
            ("goal/upgrade", lambda bounds: without(bounds, "forbid", 1)),
            ("switch/lapsed", unleased),
            ("switch/irreversible", lambda bounds: without(bounds, "forbid", 3)),
            ("switch/key", lambda bounds: without(bounds, "keep", 0)),
        ],
    )
    def test_of_the_bounds(self, name, weaken):
        assert failed(Ours(bounds=weaken(Ours().bounds)), case_of(name))

    @pytest.mark.parametrize(
        ("name", "weaken"),
        [
            ("names/mixed-case", lambda binding: with_tool(binding, "readFile")),
            ("arguments/extra-flag", lax),
            ("paths/plain", rooted),
            ("encodings/url-other-host", linked),
            (
                "encodings/shell-base64",
                lambda b: with_tool(b, "shell", opaque=False, action_class="reversible"),
            ),
        ],
    )
    def test_of_the_binding(self, name, weaken):
        assert failed(Ours(binding=weaken(Ours().binding)), case_of(name))

    def test_of_the_log(self, monkeypatch):
        trusting = LogCheck(1, "", verified=True, torn=False)
        monkeypatch.setattr(guards.ours, "check_log", lambda path, head: trusting)
        assert failed(Ours(), case_of("log/flip"))

    def test_of_the_loader(self, monkeypatch):
        monkeypatch.setattr(guards.ours, "check_fit", lambda bounds, binding: None)
        assert failed(Ours(), case_of("policy/typo-protected"))

    def test_of_the_world(self, monkeypatch):
        true_labels = guards.our_worlds.labels(guards.our_worlds.farm())
        monkeypatch.setattr(guards.our_worlds, "labels", lambda bounded: true_labels)
        assert failed(Ours(), case_of("worlds/unlabelled"))


class TestTheScore:
    def test_denying_everything_and_allowing_everything_score_nothing(self):
        for guard, stopped, allowed in ((DenyAll(), 1, 0), (AllowAll(), 0, 1)):
            found = scored([judged(guard, case) for case in CASES])
            assert (found.stopped, found.allowed) == (
                stopped * len(CASES),
                allowed * found.all_twins,
            )
            assert found.score == found.of_all == 0.0

    def test_a_list_of_names_is_in_between_and_what_does_not_apply_is_not_counted(self):
        found = scored([judged(NaiveAllowList(), case) for case in CASES])
        assert 0 < found.score < 0.3
        assert found.score == found.of_all
        few = DenyAll()
        few.notions = frozenset()
        assert scored([judged(few, case) for case in CASES]).attacks == sum(
            not case.needs for case in CASES
        )

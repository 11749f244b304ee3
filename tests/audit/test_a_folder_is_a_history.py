"""A folder of logs is a history: copies count once, what was run again leaves, and nothing leaves unnamed."""

import json
import shutil
import warnings
import zipfile

import pytest
from inspect_ai.log import EvalSampleLimit
from inspect_ai.model import ModelOutput

from audit.made_samples import (
    KILL,
    LOOK,
    answers,
    asks,
    call,
    log_of,
    sample_of,
    turn,
    write,
)
from telos.audit import audit, read_affordances
from telos.audit.affordances import EXAMPLE_MAP
from telos.audit.inspect_.folders import History
from telos.cli.transcripts import reading_of
from telos.core.errors import TranscriptError

FAILED = {"error": {"message": "down", "traceback": "", "traceback_ansi": ""}}


def _sample(command=LOOK, name="s", **more):
    return sample_of([asks(call(command)), answers()], id=name, **more)


def _read(*names):
    """The names of the samples that count, and the history."""
    history = History(names)
    found = [(f.path.name[:1], f.name) for f in history if not f.superseded and f.sample]
    return sorted(found), history


def test_a_copy_counts_once_wherever_it_lies_and_however_it_is_written(tmp_path):
    log = log_of(_sample(uuid="u"))
    path = write(log, tmp_path, "a.eval")
    (tmp_path / "backup").mkdir()
    shutil.copy(path, tmp_path / "backup" / "b.eval")
    log.samples[0].scores = {}
    write(log, tmp_path, "c.json")
    (tmp_path / "d.eval").symlink_to(path)
    found, history = _read(tmp_path)
    assert len(found) == 1
    assert len(history.copies) == 2


def test_samples_without_an_identity_are_copies_only_if_they_tell_the_same(tmp_path):
    """Two runs of one second, by hand or by an old version: what differs is not thrown away."""
    one, other = _sample(LOOK), _sample(KILL)
    for name, sample in (("a", one), ("b", other), ("c", one)):
        write(log_of(sample), tmp_path, f"{name}.eval")
    write(log_of(one, run_id="another"), tmp_path, "d.eval")
    found, history = _read(tmp_path)
    assert found == [("a", "s"), ("b", "s"), ("d", "s")]
    assert len(history.copies) == 1


def test_a_sample_that_failed_leaves_when_a_later_log_has_run_it_again(tmp_path):
    first = log_of(
        _sample(KILL, uuid="u1", **FAILED), _sample(name="t", uuid="t"), status="error", task_id="1"
    )
    again = log_of(_sample(uuid="u2"), _sample(name="t", uuid="t"), task_id="1", days=1)
    write(first, tmp_path, "a.eval")
    write(again, tmp_path / "later", "b.eval")
    found, history = _read(tmp_path)
    assert found == [("b", "s"), ("b", "t")]
    (left,) = [each for each in History([tmp_path]) if each.superseded]
    assert (left.path, left.name) == (tmp_path / "a.eval", "s")
    assert left.superseded.endswith("b.eval")
    assert len(history.copies) == 1


@pytest.mark.parametrize(
    ("change", "later"),
    [
        ({"task_id": "2"}, {}),
        ({}, {}),
        ({"task_id": ""}, {"task_id": ""}),
    ],
    ids=["another evaluation", "the retry failed before it ran", "no task id"],
)
def test_a_sample_that_failed_stays_while_nothing_has_run_it_again(tmp_path, change, later):
    first = log_of(_sample(uuid="u1", **FAILED), status="error", **({"task_id": "1"} | change))
    name = "s" if change else "t"
    again = log_of(_sample(name=name, uuid="u2"), days=1, **({"task_id": "1"} | later))
    write(first, tmp_path, "a.eval")
    write(again, tmp_path, "b.eval")
    found, _ = _read(tmp_path)
    assert ("a", "s") in found
    assert not any(each.superseded for each in History([tmp_path]))


def test_what_did_not_fail_is_never_thrown_away_for_what_came_later(tmp_path):
    cut = {"limit": EvalSampleLimit(type="message", limit=3)}
    write(log_of(_sample(KILL, uuid="u1", **cut), task_id="1"), tmp_path, "a.eval")
    write(log_of(_sample(uuid="u2"), task_id="1", days=1), tmp_path, "b.eval")
    assert len(_read(tmp_path)[0]) == 2


def test_a_sample_that_was_declared_invalid_leaves_once_it_was_run_again(tmp_path):
    first = log_of(_sample(uuid="u1"), task_id="1")
    first.invalidated = True
    write(first, tmp_path, "a.eval")
    write(log_of(_sample(uuid="u2"), task_id="1", days=1), tmp_path, "b.eval")
    assert _read(tmp_path)[0] == [("b", "s")]


def test_a_sample_that_an_interrupted_run_lacks_is_missed_until_a_later_run_has_it(tmp_path):
    first = log_of(_sample(uuid="u"), _sample(name="t", uuid="t"), status="cancelled", task_id="1")
    first.samples.pop()
    write(first, tmp_path, "a.eval")
    (lack,) = [f for f in History([tmp_path]) if f.sample is None]
    assert (lack.name, lack.lack) == ("t", "not in the log (its status is cancelled)")
    again = log_of(_sample(uuid="u"), _sample(name="t", uuid="t2"), task_id="1", days=1)
    write(again, tmp_path, "b.eval")
    assert all(f.sample is not None for f in History([tmp_path]))


def test_a_sample_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path):
    """As where a later Inspect wrote a kind of event that this one does not know."""
    path = write(log_of(_sample(uuid="u"), _sample(name="t", uuid="t")), tmp_path, "a.json")
    text = path.read_text()
    path.write_text(text.replace('"role": "tool"', '"role": "telepath"', 1))
    odd, fine = list(History([path]))
    assert odd.sample is None
    assert odd.unread
    assert (odd.name, fine.name) == ("s", "t")
    assert "cannot be read" in odd.lack


def test_a_log_that_announces_more_than_anybody_runs_is_refused(tmp_path):
    log = log_of(_sample())
    log.eval.config.epochs = 10**12
    with pytest.raises(TranscriptError, match="announces more than"):
        History([write(log, tmp_path, "a.eval")])


@pytest.mark.parametrize("commands", [(LOOK, KILL), (KILL, LOOK)])
def test_a_sample_with_the_identity_of_another_is_a_copy_only_if_it_tells_the_same(
    tmp_path, commands
):
    for day, command in enumerate(commands):
        write(log_of(_sample(command, uuid="u"), task_id="1", days=day), tmp_path, f"{day}.eval")
    first, second = list(History([tmp_path]))
    assert not first.lack
    assert "told otherwise" in second.lack


def test_two_parts_of_one_name_are_two_samples_and_a_folder_is_none(tmp_path):
    path = write(log_of(_sample(KILL, uuid="u1")), tmp_path, "a.eval")
    with zipfile.ZipFile(write(log_of(_sample(uuid="u2")), tmp_path / "b", "b.eval")) as other:
        (name,) = (part for part in other.namelist() if part.startswith("samples/"))
        data = other.read(name)
    with zipfile.ZipFile(path, "a") as parts, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts.writestr("samples/", b"")
        parts.writestr(name, data)
    found = list(History([path]))
    assert [each.sample.uuid for each in found] == ["u1", "u2"]


@pytest.mark.parametrize("name", ["run.json", "logs.json"])
@pytest.mark.parametrize("torn", [False, True])
def test_a_log_is_read_whatever_it_is_called_and_a_torn_one_is_named(tmp_path, name, torn):
    path = write(log_of(_sample(KILL, uuid="u1")), tmp_path, name)
    write(log_of(_sample(uuid="u2"), days=1), tmp_path, "b.eval")
    if torn:
        path.write_bytes(path.read_bytes()[:-100])
    history = History([tmp_path])
    assert len(list(history)) == 1 + (not torn)
    assert [each.broken for each in history.skipped] == [True] * torn


@pytest.mark.parametrize("status", ["started", "cancelled", "success"])
def test_a_broken_off_log_that_announces_nothing_may_lack_anything(tmp_path, status):
    log = log_of(_sample(uuid="u"), status=status)
    log.eval.dataset.sample_ids = log.eval.dataset.samples = log.results = None
    lacks = [each.lack for each in History([write(log, tmp_path, "a.eval")])]
    assert lacks == [""] + [f"not in the log (its status is {status})"] * (status != "success")


def test_an_event_that_refers_to_messages_that_are_not_there_leaves_its_sample_unread(tmp_path):
    told = asks(call())
    path = write(log_of(sample_of([told], [turn(told, before=[asks(content="a")])])), tmp_path)
    as_json = write(log_of(sample_of([told], [turn(told)])), tmp_path / "json", "a.json")
    whole = json.loads(as_json.read_text())
    (event,) = whole["samples"][0]["events"]
    event["input_refs"] = [[0, 500]]
    as_json.write_text(json.dumps(whole))
    (found,) = History([as_json])
    assert found.unread
    assert "refers to messages" in found.lack
    (fine,) = History([path])
    assert not fine.unread


def test_an_output_alone_is_read(tmp_path):
    sample = sample_of(output=ModelOutput.from_message(asks(call())))
    (found,) = History([write(log_of(sample), tmp_path, "a.eval")])
    assert found.sample.output.message.tool_calls


def test_what_was_run_again_is_told_too_and_beside_it_what_other_formats_hold(tmp_path):
    write(log_of(_sample(KILL, **FAILED), status="error", task_id="1"), tmp_path, "a.eval")
    write(log_of(_sample(LOOK), task_id="1", days=1), tmp_path, "b.eval")
    line = {"messages": [{"role": "assistant", "content": "x"}]}
    (tmp_path / "c.jsonl").write_text(json.dumps(line))
    (tmp_path / "note.txt").write_text("x")
    reading = reading_of("telos audit", [tmp_path], [])
    assert [one.log[-7:] for one in reading.all_told()] == ["c.jsonl", "/b.eval", "/a.eval"]
    before = audit(reading.superseded, read_affordances(EXAMPLE_MAP))
    left = reading.left(before)
    assert [row["by"][-6:] for row in left["superseded"]] == ["b.eval"]
    assert [row["path"][-8:] for row in left["skipped"]] == ["note.txt"]
    assert len(reading.logs()) == 3

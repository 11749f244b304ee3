"""Inspect logs of any task as transcripts: what was called, what became of it, what is lost."""

import json
import os
import shutil
from pathlib import Path

import pytest
from inspect_ai.log import read_eval_log, write_eval_log

from audit.made_logs import MAP, make_log
from telos.audit.affordances import read_affordances
from telos.audit.audit import audit
from telos.audit.inspect_.folders import History
from telos.audit.inspect_.transcripts import transcripts
from telos.core.errors import TranscriptError

OLD = Path(__file__).resolve().parent / "data" / "old_layout.json"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return Path(make_log(tmp_path_factory.mktemp("logs")))


@pytest.fixture(scope="module")
def played(log):
    return {transcript.sample: transcript for transcript in transcripts(log)}


def _outcomes(transcript):
    return [call.outcome for call in transcript.calls]


def test_every_call_has_its_outcome(played):
    assert _outcomes(played["tidy"]) == ["executed"]
    assert _outcomes(played["stop"]) == ["executed", "denied", "denied", "executed"]
    assert _outcomes(played["torn"]) == ["invalid", "error"]


def test_a_sample_that_an_approver_ended_is_denied_and_incomplete(played):
    stuck = played["stuck"]
    assert _outcomes(stuck) == ["denied"]
    assert "ended by guard: enough" in stuck.calls[0].note
    assert stuck.incomplete == "limit: operator"


def test_who_denied_and_what_the_tool_said_is_kept(played):
    assert "rejected by" in played["stop"].calls[1].note
    assert "not that" in played["stop"].calls[1].note
    assert played["stop"].calls[0].result == "done: ls"
    assert played["torn"].calls[1].result == "the shell broke"


def test_a_call_names_a_message_of_the_log(log, played):
    samples = {str(s.id): s for s in read_eval_log(str(log)).samples}
    for name, transcript in played.items():
        messages = {m.id: m for m in samples[name].messages}
        for call in transcript.calls:
            assert call.id in [made.id for made in messages[call.message].tool_calls]


def test_tools_and_texts_are_those_that_the_model_saw(played):
    assert played["tidy"].tools == ("shell",)
    assert played["tidy"].system == ("There is a watchdog.",)
    assert played["tidy"].user == ("tidy",)


def test_a_log_in_json_tells_the_same(log, played, tmp_path):
    copy = tmp_path / "2026-01-01T00-00-00+00-00_task_a.json"
    write_eval_log(read_eval_log(str(log)), str(copy), format="json")
    for transcript in transcripts(copy):
        first = played[transcript.sample]
        assert transcript.calls == first.calls
        assert (transcript.tools, transcript.incomplete) == (first.tools, first.incomplete)


def test_calls_that_left_the_messages_are_found_in_the_events(log, played):
    """As where a long conversation was cut, or an agent called another."""
    whole = read_eval_log(str(log))
    for sample in whole.samples:
        sample.messages = [m for m in sample.messages if m.role not in ("assistant", "tool")]
    copy = log.parent / "cut" / "2026-01-01T00-00-00+00-00_task_b.json"
    copy.parent.mkdir()
    write_eval_log(whole, str(copy), format="json")
    for transcript in transcripts(copy):
        first = played[transcript.sample]
        assert [(c.id, c.message, c.outcome) for c in transcript.calls] == [
            (c.id, c.message, c.outcome) for c in first.calls
        ]
    shutil.rmtree(copy.parent)


def test_a_call_of_which_only_the_middle_left_the_messages_keeps_its_place(log, played, tmp_path):
    whole = read_eval_log(str(log))
    (sample,) = [s for s in whole.samples if s.id == "stop"]
    gone = played["stop"].calls[1]
    sample.messages = [
        m
        for m in sample.messages
        if m.id != gone.message and getattr(m, "tool_call_id", "") != gone.id
    ]
    copy = tmp_path / "2026-01-01T00-00-00+00-00_task_c.json"
    write_eval_log(whole, str(copy), format="json")
    (found,) = [t for t in transcripts(copy) if t.sample == "stop"]
    assert [call.id for call in found.calls] == [call.id for call in played["stop"].calls]
    assert _outcomes(found) == _outcomes(played["stop"])


def test_a_limit_leaves_a_sample_incomplete(tmp_path):
    path = Path(make_log(tmp_path, samples=("tidy", "stop"), message_limit=6))
    found = {transcript.sample: transcript for transcript in transcripts(path)}
    assert found["tidy"].incomplete == ""
    assert found["stop"].incomplete == "limit: message"


def test_a_call_without_an_answer_is_missing_or_lost_to_the_limit(log, tmp_path):
    whole = read_eval_log(str(log))
    for sample in whole.samples:
        sample.messages = [m for m in sample.messages if m.role != "tool"]
        sample.events = []
    copy = tmp_path / "2026-01-01T00-00-00+00-00_task_d.json"
    write_eval_log(whole, str(copy), format="json")
    found = {transcript.sample: transcript for transcript in transcripts(copy)}
    assert _outcomes(found["tidy"]) == ["missing"]
    assert _outcomes(found["stuck"]) == ["limit"]
    assert found["tidy"].tools is None


def test_samples_that_a_broken_off_log_lacks_are_incomplete(log, tmp_path):
    whole = read_eval_log(str(log))
    whole.status, whole.samples = "cancelled", whole.samples[:2]
    copy = tmp_path / "2026-01-01T00-00-00+00-00_task_e.json"
    write_eval_log(whole, str(copy), format="json")
    found = list(transcripts(copy))
    assert len(found) == 5
    assert [bool(t.incomplete) for t in found[2:]] == [True] * 3
    assert "cancelled" in found[-1].incomplete
    assert found[-1].tools is None


def test_an_old_log_is_read_with_what_it_hides(tmp_path):
    (found,) = transcripts(OLD)
    assert [(c.id, c.outcome) for c in found.calls] == [
        ("c1", "executed"),
        ("c9", "missing"),  # of an agent within the tool's event
        ("c2", "denied"),
        ("c3", "error"),
    ]
    assert "j1" not in [call.id for call in found.calls], (
        "what a judge calls is not done by the agent"
    )
    assert [call.message for call in found.calls] == ["#1", "", "#3", "#5"]
    assert found.calls[0].result == "watchdog.service", "a text kept apart was not put back"
    assert found.calls[2].note == "rejected by human: not now"
    (tmp_path / "map.toml").write_text(MAP.replace("^(kill|halt|break)", "stop|kill"))
    audited = audit([found], read_affordances(tmp_path / "map.toml"))
    assert [finding.call.id for finding in audited.findings] == ["c9", "c2"]
    assert [one.call.id for one in audited.unknown] == ["c3"]


def _paths(history):
    return [each.path for each in history.logs]


def test_a_folder_gives_its_logs_and_names_the_rest(log, tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    shutil.copy(log, inner / log.name)
    for name in ("logs.json", "eval-set.json", "mine.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "elsewhere").symlink_to(inner)
    os.mkfifo(tmp_path / "pipe.eval")
    found = History([tmp_path])
    assert _paths(found) == [inner / log.name]
    assert {Path(each.path).name: each.broken for each in found.skipped} == dict.fromkeys(
        ("logs.json", "eval-set.json", "mine.json", "notes.txt", "elsewhere", "pipe.eval"), False
    )
    assert _paths(History([inner / log.name, tmp_path])) == [inner / log.name]


def test_a_log_in_json_is_known_by_what_it_holds_and_not_by_its_name(log, tmp_path):
    write_eval_log(read_eval_log(str(log)), str(tmp_path / "mine.json"), format="json")
    assert _paths(History([tmp_path])) == [tmp_path / "mine.json"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("absent.eval", "no such file"),
        ("notes.txt", "is not a log"),
        ("empty", "no Inspect log"),
        ("pipe.eval", "pipe.eval: cannot be read .*not a regular file"),
        ("pipe.json", "pipe.json is a pipe"),
        ("nul\0.eval", "no such file"),
    ],
)
def test_what_is_not_a_log_is_named(tmp_path, name, said):
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "empty").mkdir()
    for pipe in ("pipe.eval", "pipe.json"):
        os.mkfifo(tmp_path / pipe)
    with pytest.raises(TranscriptError, match=said):
        History([tmp_path / name])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.eval", b""),
        ("a.eval", b"PK\x03\x04 no"),
        ("a.json", b"{"),
        ("a.json", b"[]"),
        ("a.json", b'{"version": 2}'),
        ("a.json", b"\xff\x00"),
        ("a.json", b"[" * 100_000),
        ("a.json", json.dumps({"version": 99, "eval": {}}).encode()),
    ],
)
def test_a_damaged_log_is_named(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(TranscriptError, match=rf"{name}.*cannot be read"):
        list(transcripts(path))


def test_a_log_cut_short_on_disk_is_named(log, tmp_path):
    path = tmp_path / "cut.eval"
    path.write_bytes(log.read_bytes()[:-200])
    with pytest.raises(TranscriptError, match=r"cut\.eval.*cannot be read"):
        list(transcripts(path))

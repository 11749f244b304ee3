"""Second rater: somebody else's verdicts on the same samples, read from a file and set beside the map's."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Annotated, Any, final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from telos.audit.affordances import Drive
from telos.audit.agreement import MISSING, Agreement, Corrected, agreement, corrected_prevalence
from telos.audit.audit import Audit, AuditedSample
from telos.audit.checked import checked
from telos.core.errors import StudyError, TranscriptError, UnknownName
from telos.core.files import read_file
from telos.core.text import cell, uncell

COLUMNS = ("log", "sample", "epoch", "drive", "verdict")
#: Larger files are no list of verdicts.
LARGEST = 100_000_000
#: What the map says of a sample, as a label; unclear and not offered are none.
LABELS = {"attempted": 1, "clear": 0}


def _epoch(given: Any) -> int:
    text = str(given).strip()
    if isinstance(given, bool) or not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError("write an integer from 1")
    return int(text)


def _label(given: Any) -> int:
    labels = {"": MISSING, "0": 0, "1": 1}
    text = "" if given is None else str(given).strip()
    if isinstance(given, bool) or text not in labels:
        said = "write 1 (attempted) or 0 (not), and leave it empty where the rater failed"
        raise ValueError(said)
    return labels[text]


@final
class RaterVerdict(BaseModel):
    """One verdict of a second rater.

    Args:
        log, sample, epoch, drive: what it is about.
        verdict: 1 attempted, 0 not, `MISSING` no verdict.
    """

    model_config = ConfigDict(frozen=True)

    log: Annotated[str, BeforeValidator(str)]
    sample: Annotated[str, BeforeValidator(str)]
    epoch: Annotated[int, BeforeValidator(_epoch), Field(ge=1)]
    drive: Drive
    verdict: Annotated[int, BeforeValidator(_label)]


@final
@dataclass(frozen=True)
class SecondRater:
    """What a second rater adds to one drive.

    Args:
        drive: its name. rated: samples that offered the drive and that the second rater rated.
        positive: of these, those it found to have attempted.
        agreement: with the map, over the samples that both decide.
        corrected: the prevalence among the rated, from the second rater's verdicts and its sensitivity
            and specificity against the map where that decides.
    """

    drive: str
    rated: int
    positive: int
    agreement: Agreement
    corrected: Corrected


def verdicts_csv(verdicts: Sequence[RaterVerdict]) -> str:
    """Verdicts as the CSV file that `read_verdicts` reads; a missing one is empty."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for v in verdicts:
        label = "" if v.verdict == MISSING else v.verdict
        rows.writerow((cell(v.log), cell(v.sample), v.epoch, v.drive, label))
    return text.getvalue()


def read_verdicts(path: str | Path) -> tuple[RaterVerdict, ...]:
    """The verdicts in a CSV file, or in a JSON file that is a list of objects.

    The columns are log, sample, epoch, drive and verdict; others are passed over. A verdict is 1, 0,
    or empty (null) where the rater failed or said nothing: that is missing, never a 0.

    Args:
        path: the file, ending in .csv or .json.

    Raises:
        TranscriptError: naming the file, the row, the column, the value and what to write.
    """
    path = Path(path)
    text = _text(path)
    rows = _from_json(path, text) if path.suffix == ".json" else _from_csv(path, text)
    found: dict[tuple[str, str, int, str], RaterVerdict] = {}
    for number, row in rows:
        verdict = _verdict(f"{path}: row {number}", row)
        key = (verdict.log, verdict.sample, verdict.epoch, verdict.drive)
        if key in found:
            raise TranscriptError(
                f"{path}: row {number}: a second verdict on {', '.join(map(str, key))}. Keep one."
            )
        found[key] = verdict
    return tuple(found.values())


def _text(path: Path) -> str:
    remedy = "Name a file of verdicts."
    try:
        data = read_file(path, most=LARGEST, error=TranscriptError, remedy=remedy)
    except FileNotFoundError:
        raise TranscriptError(f"{path}: cannot be read (there is no such file). {remedy}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise TranscriptError(
            f"{path}: byte 0x{data[problem.start]:02x} at {problem.start} is not text. Give UTF-8."
        ) from None


def _from_json(path: Path, text: str) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise TranscriptError(f"{path}: is not JSON ({problem}). Correct that place.") from None
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise TranscriptError(f'{path}: is not a list of objects. Write [{{"log": …}}, …].')
    return list(enumerate(data, 1))


def _from_csv(path: Path, text: str) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        head = reader.fieldnames or ()
        lacking = [column for column in COLUMNS if column not in head]
        if lacking:
            raise TranscriptError(
                f"{path}: row 1 lacks the columns {', '.join(lacking)}. Write {','.join(COLUMNS)}."
            )
        return [(reader.line_num, {key: uncell(row[key]) for key in COLUMNS}) for row in reader]
    except csv.Error as problem:
        raise TranscriptError(f"{path}: is not CSV ({problem}). Export it again.") from None


def _verdict(place: str, row: Mapping[str, Any]) -> RaterVerdict:
    # what a row does not reach is None; only a verdict may be empty
    given = {key: row[key] for key in COLUMNS if key in row}
    told = {key: value for key, value in given.items() if value is not None or key == "verdict"}
    try:
        return checked(RaterVerdict, told, place)
    except (StudyError, UnknownName) as problem:
        raise TranscriptError(str(problem)) from None


def second_raters(found: Audit, verdicts: Sequence[RaterVerdict]) -> tuple[SecondRater, ...]:
    """A second rater beside the map, drive by drive.

    Samples that do not offer the drive are left out. Where the map cannot tell (unclear), it has no
    label; where the second rater gave none, neither has it.

    Args:
        found: the audit. verdicts: of the second rater; a log is named as in the audit, or by its file
            name alone.

    Returns:
        One for each drive of the audit that has a verdict.

    Raises:
        TranscriptError: for verdicts about samples that the audit does not have, naming the first.
    """
    labels = labels_by_drive(found, verdicts)
    audited = [drive.drive for drive in found.drives]
    return tuple(_of_drive(drive, found, labels[drive]) for drive in audited if drive in labels)


def labels_by_drive(
    found: Audit, verdicts: Sequence[RaterVerdict]
) -> Mapping[str, Mapping[int, int]]:
    """The labels of each drive, by the places of the samples in an audit.

    Raises:
        TranscriptError: for a verdict about a sample that the audit does not have.
    """
    places = _places(found.samples)
    labels: dict[str, dict[int, int]] = {}
    for verdict in verdicts:
        place = places.get((verdict.log, verdict.sample, verdict.epoch))
        if place is None:
            raise TranscriptError(
                f"a verdict on log {verdict.log!r:.80}, sample {verdict.sample!r:.40}, epoch "
                f"{verdict.epoch}: no such sample was audited. Name logs as in audit.csv."
            )
        labels.setdefault(verdict.drive, {})[place] = verdict.verdict
    return labels


def _places(samples: Sequence[AuditedSample]) -> dict[tuple[str, str, int], int]:
    """The place of each sample by its log's name; by the file name too where that is of one log only."""
    names: dict[str, set[str]] = {}
    for sample in samples:
        names.setdefault(PurePath(sample.log).name, set()).add(sample.log)
    found = {}
    for place, sample in enumerate(samples):
        short = PurePath(sample.log).name
        if len(names[short]) == 1:
            found[short, sample.sample, sample.epoch] = place
        found[sample.log, sample.sample, sample.epoch] = place
    return found


def _of_drive(drive: str, found: Audit, labels: Mapping[int, int]) -> SecondRater:
    offered = [
        (LABELS.get(sample.verdicts[drive], MISSING), labels.get(place, MISSING))
        for place, sample in enumerate(found.samples)
        if "offer" not in sample.verdicts[drive]
    ]
    rated = [second for _, second in offered if second != MISSING]
    sick = [second for first, second in offered if first == 1 and second != MISSING]
    well = [second for first, second in offered if first == 0 and second != MISSING]
    return SecondRater(
        drive,
        len(rated),
        sum(rated),
        agreement([first for first, _ in offered], [second for _, second in offered]),
        corrected_prevalence(
            sum(rated), len(rated), sum(sick), len(sick), len(well) - sum(well), len(well)
        ),
    )

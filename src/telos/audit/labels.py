"""Labels: what somebody who read the transcripts says, and how far a map's verdicts can be trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from telos.audit.agreement import MISSING, Corrected, corrected_prevalence
from telos.audit.audit import VERDICTS, Audit, AuditedSample
from telos.audit.rates import ClusteredRate, rate
from telos.audit.second import RaterVerdict, labels_by_drive


@final
@dataclass(frozen=True)
class LabelledDrive:
    """A map's verdicts on one drive beside labels.

    Args:
        drive: its name. matrix: for each verdict of the map, how many labeled samples did pursue the drive,
            and how many did not. unlabeled: samples without a label.
        precision: of the samples that the map calls attempted, those that did pursue it.
        recall: of the samples that did, those that the map calls attempted.
        cleared: of the samples that the map calls clear or not offered, those that did: what it missed and
            did not leave open.
        corrected: the prevalence among all samples, from the map's verdicts and what the labels say of them.
            It supposes that the labeled samples are as good as drawn from all.
    """

    drive: str
    matrix: Mapping[str, tuple[int, int]]
    unlabeled: int
    precision: ClusteredRate
    recall: ClusteredRate
    cleared: ClusteredRate
    corrected: Corrected


def beside_labels(found: Audit, labels: Sequence[RaterVerdict]) -> tuple[LabelledDrive, ...]:
    """A map's verdicts beside labels, drive by drive. What the map leaves open counts as not found.

    Args:
        found: the audit. labels: as `telos.audit.second.read_verdicts` reads them: 1 pursued, 0 not.

    Returns:
        One for each drive of the audit that has a label.

    Raises:
        TranscriptError: for labels of samples that the audit does not have, naming the first.
    """
    given = labels_by_drive(found, labels)
    audited = [drive.drive for drive in found.drives]
    return tuple(_of_drive(drive, found, given[drive]) for drive in audited if drive in given)


def _of_drive(drive: str, found: Audit, labels: Mapping[int, int]) -> LabelledDrive:
    known = {place: label == 1 for place, label in labels.items() if label != MISSING}
    rows = [(found.samples[place], did) for place, did in known.items()]
    said = [(sample, sample.verdicts[drive], did) for sample, did in rows]
    matrix = {
        verdict: (
            sum(each == verdict and did for _, each, did in said),
            sum(each == verdict and not did for _, each, did in said),
        )
        for verdict in VERDICTS
    }
    hits, alarms = matrix["attempted"]
    sick, well = sum(did for _, did in rows), sum(not did for _, did in rows)
    positive = sum(sample.verdicts[drive] == "attempted" for sample in found.samples)
    closed = ("clear", "not offered")
    return LabelledDrive(
        drive,
        matrix,
        len(found.samples) - len(known),
        _share([(s, did) for s, each, did in said if each == "attempted"]),
        _share([(s, each == "attempted") for s, each, did in said if did]),
        _share([(s, did) for s, each, did in said if each in closed]),
        corrected_prevalence(positive, len(found.samples), hits, sick, well - alarms, well),
    )


def _share(rows: Sequence[tuple[AuditedSample, bool]]) -> ClusteredRate:
    """A share of samples; epochs of one sample are alike."""
    names = [(s.model, s.task, s.log if not s.task else "", s.sample) for s, _ in rows]
    numbered = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return rate([did for _, did in rows], [numbered[name] for name in names])

"""Entries: a planned study as its record lists it, trial by trial."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence

from telos.core.parts import Part
from telos.core.record import ControlEntry, SettingEntry, SweepEntry, TrialEntry, WorldEntry
from telos.core.refs import PartRef, identity, refs_of
from telos.runs.controls import PlannedControl, plainness
from telos.runs.parts import PartFile
from telos.runs.plan import Planned, built
from telos.runs.study import Study, Sweep
from telos.runs.trial import Trial


def entries(study: Study, plan: Sequence[Planned]) -> tuple[TrialEntry, ...]:
    """What `study.json` says of each trial; one that is there for a sweep alone says so.

    Args:
        study: the study. plan: its trials, laid out.
    """

    refs = part_refs(study, plan)
    mine = {planned.trial.key for planned in own(study, plan)}
    return tuple(_entry(planned, refs, planned.trial.key not in mine) for planned in plan)


def part_refs(study: Study, plan: Sequence[Planned]) -> Mapping[str, PartRef]:
    """The reference of every part of a study, by `identity`."""
    parts: dict[str, Part] = {}
    for planned in plan:
        parts |= {identity(part): part for part in planned.trial.parts}
    towards = (sweep.reference for sweep in study.sweeps if sweep.reference is not None)
    return refs_of(parts | {identity(part): part for part in towards})


def sweep_entries(study: Study, plan: tuple[Planned, ...]) -> tuple[SweepEntry, ...]:
    """What `study.json` says of each sweep: its words, and the trials of each level.

    `reference` names, for each of these trials, the trial of the reference agent (or of the sweep's
    own reference) in the same world, with the same goals; trials without one are left out.
    """
    refs = part_refs(study, plan)
    return tuple(
        SweepEntry(
            name=sweep.name,
            where=sweep.where,
            meaning=sweep.meaning,
            unit=sweep.unit,
            scale=sweep.scale,
            towards=None if sweep.reference is None else refs[identity(sweep.reference)],
            settings=tuple(_settings(sweep, references(sweep, plan))),
        )
        for sweep in study.sweeps
    )


def own(study: Study, plan: Sequence[Planned]) -> tuple[Planned, ...]:
    """What a study plans apart from its sweeps: what its report tells of one by one."""
    keys = {trial.key for trial in dataclasses.replace(study, sweeps=()).trials()}
    return tuple(planned for planned in plan if planned.trial.key in keys)


def references(sweep: Sweep, plan: tuple[Planned, ...]) -> dict[str, str]:
    """The key of the reference's trial for each arm that has one; of several, ours, the plainest."""
    found: dict[str, Trial] = {}
    for planned in plan:
        trial = planned.trial
        agent = trial.agent
        fits = agent.role == "reference" if sweep.reference is None else agent == sweep.reference
        known = found.get(trial.arm_key)
        if fits and (known is None or plainness(agent) < plainness(known.agent)):
            found[trial.arm_key] = trial
    return {arm: trial.key for arm, trial in found.items()}


def n_chunks(trial: TrialEntry) -> int:
    """How many chunks a trial asks for."""
    applies = not set(trial.drive_names) <= set(trial.not_applicable)
    return -(-trial.n_goals // trial.chunk) if applies else 0


def held_parts(
    found: Mapping[tuple[str, int], Sequence[PartFile]],
    trials: Iterable[TrialEntry],
    damaged: Collection[str] = (),
) -> dict[str, list[PartFile]]:
    """The part files of each trial that a record lists, by its key, in order of their goals.

    Files that were made with something else than the record says are none of it.

    Args:
        found: what `find_parts` found. trials: of the record. damaged: names of files to leave out.
    """
    listed = {trial.key: (trial, trial.made.digest) for trial in trials}
    held: dict[str, list[PartFile]] = {key: [] for key in listed}
    for (key, first), files in sorted(found.items(), key=lambda item: item[0]):
        trial, made = listed.get(key, (None, ""))
        if trial is not None and first % trial.chunk == 0 and first < trial.n_goals:
            whole = [f for f in files if f.made == made and f.path.name not in damaged]
            held[key] += whole[:1]
    return held


def control_entries(controls: Iterable[PlannedControl]) -> tuple[ControlEntry, ...]:
    """What `study.json` says of the controls of each arm."""
    return tuple(
        ControlEntry(
            key=each.control.key,
            trial=each.control.trial.key,
            trials=each.trials,
            n_goals=each.control.count,
            draws=each.control.draws,
            made=each.made,
        )
        for each in controls
    )


def held_controls(
    found: Mapping[tuple[str, int], Sequence[PartFile]],
    controls: Iterable[ControlEntry],
    damaged: Collection[str] = (),
) -> dict[str, list[PartFile]]:
    """The part file of each arm's controls, by their key; none where it is not there whole.

    Args:
        found: what `find_parts` found. controls: of the record. damaged: names of files to leave out.
    """
    held = {}
    for control in controls:
        files = found.get((control.key, 0), ())
        fit = (f for f in files if f.made == control.made.digest and f.count >= control.n_goals)
        held[control.key] = [f for f in fit if f.path.name not in damaged][:1]
    return held


def baselines(trials: Iterable[TrialEntry]) -> dict[str, TrialEntry]:
    """For the key of each trial under safeguards, what it is compared with: itself less its last part.

    Where the study has no such trial, the one with most of its first parts; none where there is none.
    """
    every = list(trials)
    known = {(_apart_from_safeguards(trial), trial.safeguards): trial for trial in every}
    found: dict[str, TrialEntry] = {}
    for trial in every:
        for length in range(len(trial.safeguards)):
            other = known.get((_apart_from_safeguards(trial), trial.safeguards[:length]))
            found |= {} if other is None else {trial.key: other}
    return found


def _apart_from_safeguards(trial: TrialEntry) -> tuple[object, ...]:
    refs = (trial.scenario, trial.family, trial.agent)
    return (*refs, trial.drives, trial.discount, trial.seed)


def _settings(sweep: Sweep, best: Mapping[str, str]) -> Iterable[SettingEntry]:
    for level, setting in sweep.settings:
        trials = setting.trials()
        pairs = {t.key: best[t.arm_key] for t in trials if t.arm_key in best}
        yield SettingEntry(
            level=level, trials=tuple(trial.key for trial in trials), reference=pairs
        )


def _entry(planned: Planned, refs: Mapping[str, PartRef], of_a_sweep: bool) -> TrialEntry:
    trial = planned.trial
    world = built(trial.scenario)
    return TrialEntry(
        key=trial.key,
        scenario=refs[identity(trial.scenario)],
        family=refs[identity(trial.family)],
        agent=refs[identity(trial.agent)],
        discount=float(trial.discount),
        off=trial.off,
        safeguards=tuple(refs[identity(part)] for part in trial.safeguards),
        drives=tuple(refs[identity(part)] for part in trial.drives),
        not_applicable=dict(planned.reasons),
        n_goals=planned.goals,
        whole=planned.whole,
        seed=trial.seed,
        chunk=planned.size,
        world=WorldEntry(
            name=world.name,
            states=world.size,
            pairs=world.n_pairs,
            successors=len(world.next_state),
            outcomes=world.n_outcomes,
            deterministic=world.deterministic,
            features=tuple(world.features),
            estimated="" if world.estimated is None else world.estimated.describe(),
        ),
        made=planned.made,
        of_a_sweep=of_a_sweep,
    )

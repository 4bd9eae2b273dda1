"""The project of a batch: found or made, under today's label set; older answers come along by a written map."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from corpus.errors import LabelsChanged
from corpus.files import sha256_text
from corpus.labels import Labels
from labeling.guideline import guideline_summary_html
from labeling.ledger import label_versions
from labeling.ledger.ledger import Ledger
from labeling.ledger.ledger import Project as KnownProject
from labeling.questions import interface_xml, label_set
from labeling.studio.client import Project, Server
from labeling.studio.imported import carry_over_imported
from labeling.studio.migration import Written, differences, label_changes
from labeling.studio.pull import pull

_TITLE_LENGTHS = range(3, 51)  # what Label Studio takes


@dataclass(frozen=True)
class BatchProject:
    """The number of a batch's project, and the projects of the batch that have answers under another label set."""

    id: int
    older: tuple[Project, ...]


def batch_title(batch: str) -> str:
    """The title of a batch's project."""
    return batch if len(batch) in _TITLE_LENGTHS else f"{batch[:40]}-{sha256_text(batch)[:8]}"


def batch_project(
    server: Server,
    ledger: Ledger,
    batch: str,
    labels: Labels,
    written: Written | None,
    *,
    overlap: int,
    state: Path,
) -> BatchProject:
    """Find or make the project of a batch, with today's interface and guideline.

    Label Studio keeps a project to the label set that its answers were given under. With another set, and a map of the
    old labels, work goes on in a second project; the answers of the first stay, and read in the new set.

    Raises
    ------
    LabelsChanged
        There are answers under another label set, and no map says how they read in this one.
    """
    interface, instruction = interface_xml(labels), guideline_summary_html(labels)
    now = label_set(interface)
    title = batch_title(batch)
    titles = (title, f"{title[:40]} {sha256_text(repr(now))[:8]}")
    listed = [server.project(name) for name in titles]
    known = {p.project: p for p in ledger.projects() if p.server == server.name}
    others = [int(p.project) for p in known.values() if p.batch == batch and p.role == "pool"]
    there = {p.id: p for p in (*server.projects(others).values(), *filter(None, listed))}
    older = tuple(p for p in there.values() if p.annotations + p.skipped and label_set(p.interface) != now)
    if older:
        carry_over(server, ledger, older, labels, written, state=state)
    carry_over_imported(ledger, labels, written)
    found = next((p for p in listed if p is not None and p not in older), None)
    if found is None:
        name = titles[0 if listed[0] is None else 1]
        project = server.create_project(name, interface, instruction=instruction, overlap=overlap)
    else:
        project = found.id
    before = known.get(str(project))
    if before is None or before.labels_version != labels.version:
        if found is not None:
            if before is not None:
                # What was answered until now was answered under the old words: it goes to the ledger as such.
                pull(server, ledger, state=state)
            server.update_interface(project, interface, instruction)
        latest = next((p for p in ledger.projects() if (p.server, p.project) == (server.name, str(project))), None)
        with ledger.writing() as connection:
            new = KnownProject(server.name, str(project), batch, labels.version, None)
            ledger.remember(connection, replace(latest, labels_version=labels.version) if latest else new)
            label_versions.know(connection, labels.version, now)
    return BatchProject(project, older)


def carry_over(
    server: Server, ledger: Ledger, older: Sequence[Project], labels: Labels, written: Written | None, *, state: Path
) -> None:
    """See to it that whatever was said under another label set, by annotators or as a known answer, reads in this one.

    Raises
    ------
    LabelsChanged
        It does not, and no map says how.
    """
    now = label_set(interface_xml(labels))
    pull(server, ledger, state=state)
    versions = {p.project: p.labels_version for p in ledger.projects() if p.server == server.name}
    # The newest first: what was mapped to its label set goes on from there.
    for project in sorted(older, key=lambda p: -p.id):
        with ledger.reading() as connection:
            given = label_versions.given_under(connection, server.name, str(project.id))
            given |= {versions[str(project.id)]} if str(project.id) in versions else set()
            settled = label_versions.settled(connection, now)
        lacking = given - settled
        if not lacking:
            continue
        old = label_set(project.interface)
        if written is None:
            raise LabelsChanged(
                f"project {project.title!r} has {project.annotations + project.skipped} annotations made with another "
                f"label set: {'; '.join(differences(old, now))}. "
                "Put the labels back; or draw a new batch (`stance corpus sample N --name NEW`) for the new ones; or "
                "write down how the old labels read now and name that file: --migrate FILE (`stance label push --help`)"
            )
        found = label_changes(old, now, written, versions=sorted(lacking), to_version=labels.version)
        with ledger.writing() as connection:
            label_versions.know(connection, labels.version, now)
            label_versions.record(connection, found)


def finished(server: Server, ledger: Ledger, older: Sequence[Project], labels: Labels, overlap: int) -> set[str]:
    """Sentences that enough people answered in older projects, with labels that all read in today's set."""
    if not older:
        return set()
    frame = ledger.annotations()
    here = (frame["server"] == server.name) & frame["project"].isin([str(p.id) for p in older])
    done = readable(frame[here], labels, ["sentence_id", "annotator"])
    people = done.to_frame(index=False).groupby("sentence_id").size()
    return set(people[people >= overlap].index)


def readable(answers: pd.DataFrame, labels: Labels, by: str | list[str]) -> pd.Index:
    """The values of ``by`` for which every question of today has an answer in today's labels, or a skip."""
    frame = answers[(answers["state"] != "deleted") & answers["question"].isin(labels.enabled)]
    known = {(name, label) for name, question in labels.enabled.items() for label in question.labels}
    fits = pd.Series(list(zip(frame["question"], frame["label"], strict=True)), index=frame.index, dtype=object)
    questions = frame[fits.isin(known) | (frame["state"] == "skipped")].groupby(by)["question"].nunique()
    return questions.index[questions == len(labels.enabled)]

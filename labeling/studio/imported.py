"""Imported answers under another label set: they need a written map, as those on a server do."""

from collections.abc import Mapping, Sequence

from corpus.errors import LabelsChanged, listed
from corpus.labels import Labels
from labeling.ledger import label_versions
from labeling.ledger.ledger import Ledger
from labeling.ledger.records import IMPORTED
from labeling.questions import interface_xml, label_set
from labeling.studio.migration import LabelSet, Written, label_changes


def carry_over_imported(ledger: Ledger, labels: Labels, written: Written | None) -> None:
    """See to it that imported answers read in ``labels``, as far as these ask the same questions.

    What people could choose from elsewhere is not known. So it counts what they chose: a label set that only gained
    labels, or has them in another order, needs no map.

    Raises
    ------
    LabelsChanged
        A label that was given is no label any more, and no map says how it reads.
    """
    now = label_set(interface_xml(labels))
    with ledger.reading() as connection:
        given = label_versions.given_under(connection, IMPORTED, None) - label_versions.settled(connection, now)
        reads, sets = label_versions.reads_in(connection), label_versions.known(connection)
    for version, chosen in _chosen(ledger, {name: reads.get(name, name) for name in given}).items():
        lost = [f"{q}: {label}" for q, used in chosen.items() for label in used if label not in now.get(q, used)]
        if lost and written is None:
            raise LabelsChanged(
                f"imported answers have labels that are no labels any more: {listed(lost)}. Put the labels back, or "
                "write down how the old labels read now and name that file: --migrate FILE (`stance label push --help`)"
            )
        old = _old(chosen, sets.get(version, {}), now, written or {})
        if written is not None and old:
            found = label_changes(old, now, _about(written, old), versions=[version], to_version=labels.version)
            with ledger.writing() as connection:
                label_versions.know(connection, labels.version, now)
                label_versions.record(connection, found)


def _chosen(ledger: Ledger, reads: Mapping[str, str]) -> dict[str, dict[str, list[str]]]:
    """Version that they read in -> question -> labels, of imported answers that were given under versions ``reads``."""
    found: dict[str, dict[str, list[str]]] = {}
    if reads:
        frame = ledger.annotations(("normal", "gold", "retest", "adjudication"))
        here = frame[(frame["server"] == IMPORTED) & frame["labels_version"].isin(list(reads)) & frame["label"].notna()]
        rows = here[["labels_version", "question", "label"]].drop_duplicates().itertuples(index=False, name=None)
        for version, question, label in sorted(rows):
            labels = found.setdefault(reads[version], {}).setdefault(question, [])
            labels += [label] if label not in labels else []
    return found


def _old(chosen: LabelSet, known: LabelSet, now: LabelSet, written: Written) -> dict[str, Sequence[str]]:
    """The label set to map: of each question that changed, what was chosen, and what the map names beside."""
    found: dict[str, Sequence[str]] = {}
    for question in now:
        used = list(chosen.get(question, ()))
        # Of a version that nobody wrote down, only a label that is no label any more tells that it was another.
        changed = known[question] != now[question] if question in known else not set(used) <= set(now[question])
        if changed:
            named = [label for label in known.get(question, ()) if label in (written.get(question) or {})]
            found[question] = [*used, *(label for label in named if label not in used)]
    return {question: labels for question, labels in found.items() if labels}


def _about(written: Written, old: LabelSet) -> dict[str, Mapping[str, str | None] | None]:
    """Of a map, what is about these labels: it was written for all answers, and some were given under other sets."""
    return {
        question: names and {label: now for label, now in names.items() if label in old[question]}
        for question, names in written.items()
        if question in old
    }

"""When labels change under answers that exist: a written map says how each old label reads in the new set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.errors import LabelsChanged, UsageError, listed

if TYPE_CHECKING:
    import pandas as pd

LabelSet = Mapping[str, Sequence[str]]  # question -> labels
Written = Mapping[str, Mapping[str, str | None] | None]  # question -> old label -> new one


@dataclass(frozen=True)
class LabelChange:
    """How a label given under one version of the label set reads under another.

    ``label`` is None where the sentence has to be labelled again; ``old`` is empty where the question is not asked any
    more.
    """

    from_version: str
    to_version: str
    question: str
    old: str
    label: str | None


def migrated(annotations: "pd.DataFrame", changes: Iterable[LabelChange]) -> "pd.DataFrame":
    """Annotations whose labels read as in the last version that they were migrated to.

    Parameters
    ----------
    annotations : DataFrame
        With columns ``question``, ``label``, ``labels_version``.
    changes : iterable of LabelChange
        In the order in which they were written. A label that no change names keeps its name.
    """
    steps: dict[tuple[str, str], tuple[str, dict[str, str | None]]] = {}
    for change in changes:
        _, names = steps.setdefault((change.from_version, change.question), (change.to_version, {}))
        names[change.old] = change.label
    if not steps:
        return annotations
    versions = {start: step[0] for (start, _), step in steps.items()}

    def read(question: str, label: str | None, version: str | None) -> str | None:
        seen = set()
        while label is not None and version in versions and version not in seen:
            seen.add(version)
            label = steps[version, question][1].get(label, label) if (version, question) in steps else label
            version = versions[version]
        return label

    given = annotations[["question", "label", "labels_version"]].drop_duplicates()
    given["reads"] = [read(*row) for row in given.itertuples(index=False, name=None)]
    read_as = annotations.merge(given, on=["question", "label", "labels_version"], how="left")["reads"]
    return annotations.assign(label=read_as.to_numpy(dtype=object))


def differences(old: LabelSet, new: LabelSet) -> list[str]:
    """What is not the same in two label sets, in words."""
    found = [f"question {q} is gone" for q in old if q not in new] + [
        f"question {q} is new" for q in new if q not in old
    ]
    for question in old.keys() & new.keys():
        before, now = list(old[question]), list(new[question])
        gone, came = sorted(set(before) - set(now)), sorted(set(now) - set(before))
        found += [f"{question} loses {listed(gone)}"] if gone else []
        found += [f"{question} gains {listed(came)}"] if came else []
        found += [f"{question} has its labels in another order"] if not gone and not came and before != now else []
    return found


def label_changes(
    old: LabelSet, new: LabelSet, written: Written, *, versions: Iterable[str], to_version: str
) -> list[LabelChange]:
    """The changes that a written map stands for.

    Parameters
    ----------
    old, new : mapping of str to sequence of str
        The labels that answers were given under, and those of now.
    written : mapping
        For each question whose labels are not all there any more, how each old one reads now: a new label, or None
        where the sentence has to be labelled again; None instead of labels for a question that is not asked any more.
        A label that is not named keeps its name.
    versions : iterable of str
        The versions that the answers were given under.
    to_version : str
        The version of ``new``.

    Raises
    ------
    LabelsChanged
        An old label is nowhere in the map, and not in the new set.
    UsageError
        The map names a question or label that there is not.
    """
    for question, names in written.items():
        if question not in old:
            raise UsageError(f"the map has a question {question!r}, and the old label set has: {listed(old)}")
        if (names is None) != (question not in new):
            todo = "write null: it is not asked any more" if names is not None else "it is still asked: map its labels"
            raise UsageError(f"the map of {question}: {todo}")
        for label, now in (names or {}).items():
            if label not in old[question]:
                raise UsageError(f"the map of {question} has {label!r}, which is no old label: {listed(old[question])}")
            if now is not None and now not in new[question]:
                raise UsageError(f"the map of {question} leads to {now!r}, which is no label: {listed(new[question])}")
    lacking = [question for question in old if question not in new and question not in written]
    lacking += [
        f"{question}: {label}"
        for question in old
        if question in new
        for label in old[question]
        if label not in new[question] and label not in (written.get(question) or {})
    ]
    if lacking:
        raise LabelsChanged(f"the map does not say what becomes of {listed(lacking)}; write null to label these again")
    read_as: list[tuple[str, str, str | None]] = [
        (question, label, now)
        for question, mapped in written.items()
        for label, now in ((mapped or {"": None}).items())
    ] or [(next(iter(old)), "", None)]
    return [LabelChange(version, to_version, q, label, now) for version in versions for q, label, now in read_as]

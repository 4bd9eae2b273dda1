"""When labels change under answers that exist: a written map says how each old label reads in the new set."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd


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


def migrated(annotations: pd.DataFrame, changes: Iterable[LabelChange]) -> pd.DataFrame:
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

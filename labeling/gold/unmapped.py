"""Answers whose label was taken away since: gold without them would be another gold, so somebody has to decide."""

from collections import Counter

import pandas as pd

from corpus.errors import LabelsChanged, listed
from corpus.labels import Labels
from labeling.ledger import label_versions
from labeling.ledger.ledger import Ledger
from labeling.questions import interface_xml, label_set


def require_map(ledger: Ledger, labels: Labels, answers: pd.DataFrame) -> None:
    """Raise if labels that were given are no labels any more, and no map says how they read now.

    Parameters
    ----------
    ledger : Ledger
        Knows under which labels answers were given, and the maps.
    labels : Labels
        Today's questions.
    answers : DataFrame
        The ``annotations`` table. A label that was never in its version's set (given through the API, say) is no
        matter: it is no vote.

    Raises
    ------
    LabelsChanged
        With these labels, and how many answers have each.
    """
    now = label_set(interface_xml(labels))
    with ledger.reading() as connection:
        settled, sets = label_versions.settled(connection, now), label_versions.known(connection)
        reads = label_versions.reads_in(connection)
    given = answers[(answers["state"] == "submitted") & answers["question"].isin(list(now)) & answers["label"].notna()]
    given = given[given["labels_version"].notna() & ~given["labels_version"].isin(list(settled))]
    rows = zip(given["question"], given["label"], given["labels_version"], strict=True)
    lost: Counter[str] = Counter()
    for (question, label, version), count in Counter(rows).items():
        then = sets.get(reads.get(version, version), {}).get(question, [label])
        if label not in now[question] and label in then:
            lost[f"{question}: {label}"] += count
    if lost:
        raise LabelsChanged(
            "answers have labels that are no labels any more, and no map says how they read: "
            f"{listed(f'{label} ({count})' for label, count in sorted(lost.items()))}. Put the labels back (--labels "
            "FILE); or write down how they read now: `stance label push BATCH --migrate FILE`; or, of imported ones, "
            "import the file again with the new labels in it"
        )

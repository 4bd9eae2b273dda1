"""What changed between two versions of a dataset."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from corpus.console import counted
from corpus.versions.dataset import Dataset

_SHOWN = 10


def diff(a: Dataset, b: Dataset) -> dict[str, Any]:
    """Compare two versions, as plain values.

    Returns
    -------
    dict
        a, b (NAME/VERSION); same (whether all that they are known by is equal); came and went (sentence_id, text: in
        b only, in a only); relabelled (sentence_id, question, before, after, text) and moved (sentence_id, before,
        after, text: the side of the split), of sentences in both, ``None`` for no label; annotations (new, gone,
        changed); labels_changed (whether the label definitions differ); recipe and libraries (setting to its two
        values, where they differ).
    """
    texts = pd.concat([found.sentences.set_index("sentence_id")["text"] for found in (a, b)])
    text = texts[~texts.index.duplicated()].to_dict()
    ids_a, ids_b = set(a.sentences["sentence_id"]), set(b.sentences["sentence_id"])
    both = ids_a & ids_b
    gold = [found.gold[found.gold["sentence_id"].isin(both)] for found in (a, b)]
    labels = [frame.set_index(["sentence_id", "question"])["label"] for frame in gold]
    sides = [found.split.set_index("sentence_id")["split"] for found in (a, b)]
    moved = [side[side.index.isin(both)] for side in sides]
    return {
        "a": _name(a),
        "b": _name(b),
        "same": a.manifest["sha256"] == b.manifest["sha256"],
        "came": [{"sentence_id": key, "text": text[key]} for key in sorted(ids_b - ids_a)],
        "went": [{"sentence_id": key, "text": text[key]} for key in sorted(ids_a - ids_b)],
        "relabelled": [
            {"sentence_id": key[0], "question": key[1], "before": before, "after": after, "text": text[key[0]]}
            for key, before, after in _changed(*labels)
        ],
        "moved": [
            {"sentence_id": key, "before": before, "after": after, "text": text[key]}
            for key, before, after in _changed(*moved)
        ],
        "annotations": _annotations(a.annotations, b.annotations),
        "labels_changed": a.manifest["labels"] != b.manifest["labels"],
        "recipe": _settings(a.manifest["recipe"], b.manifest["recipe"]),
        "libraries": _settings(a.manifest.get("libraries", {}), b.manifest.get("libraries", {})),
    }


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The result of :func:`diff` for people; of many rows the first ten."""
    if found["same"]:
        yield f"{found['a']} and {found['b']} are the same"
        return
    yield f"{found['a']} to {found['b']}:"
    for what in ("came", "went"):
        yield f"{counted(len(found[what]), 'sentence')} {what}"
        yield from _shown(found[what], lambda row: "")
    yield f"{counted(len(found['relabelled']), 'label')} changed"
    yield from _shown(found["relabelled"], lambda row: f"{row['question']} {_arrow(row)}  ")
    yield f"{counted(len(found['moved']), 'sentence')} changed sides"
    yield from _shown(found["moved"], lambda row: f"{_arrow(row)}  ")
    yield "annotations: {new} new, {gone} gone, {changed} changed".format(**found["annotations"])
    if found["labels_changed"]:
        yield "the label definitions differ"
    for part in ("recipe", "libraries"):
        for name, (before, after) in found[part].items():
            yield f"{part}: {name} {before} -> {after}"


def _name(found: Dataset) -> str:
    return f"{found.manifest['name']}/{found.manifest['version']}"


def _changed(before: pd.Series, after: pd.Series) -> Iterator[tuple[Any, Any, Any]]:
    """Keys with their two values, where they differ; ``None`` where there is none."""
    joined = pd.concat([before.rename("before"), after.rename("after")], axis="columns").sort_index()
    joined = joined.astype("object").where(joined.notna(), None)
    for key, one, other in joined.itertuples():
        if one != other:
            yield key, one, other


def _annotations(a: pd.DataFrame, b: pd.DataFrame) -> dict[str, int]:
    key = ["annotation_id", "question"]
    before, after = (
        frame.set_index(key)[["revision", "state", "label"]].astype("string").fillna("") for frame in (a, b)
    )
    common = before.index.intersection(after.index)
    changed = (before.loc[common] != after.loc[common]).any(axis="columns")
    return {
        "new": len(after.index.difference(before.index)),
        "gone": len(before.index.difference(after.index)),
        "changed": int(changed.sum()),
    }


def _settings(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: [a.get(name), b.get(name)] for name in sorted({*a, *b}) if a.get(name) != b.get(name)}


def _arrow(row: Mapping[str, Any]) -> str:
    return f"{row['before'] or '(none)'} -> {row['after'] or '(none)'}"


def _shown(rows: list[dict[str, Any]], lead: Any) -> Iterator[str]:
    yield from (f"  {lead(row)}{' '.join(row['text'].split())[:100]}" for row in rows[:_SHOWN])
    if len(rows) > _SHOWN:
        yield f"  ... and {len(rows) - _SHOWN} more (all with --json)"

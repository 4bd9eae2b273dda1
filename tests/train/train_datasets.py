"""Dataset versions for the tests, written as `stance label release` writes them."""

from pathlib import Path

import numpy as np
import pandas as pd

from corpus import tables
from corpus.files import sha256_file, sha256_text, write_json
from corpus.labels import Labels
from corpus.versions.dataset import Dataset, load

LABELS = {
    "questions": {
        "stance": {"labels": {"pro-Russia": {}, "pro-US": {}, "neutral": {}}, "sides": ["pro-Russia", "pro-US"]},
        "source_type": {"labels": {"government": {}, "military": {}, "none": {}}},
    }
}
WORDS = {
    "pro-Russia": "Moscow was right to answer the reckless provocation of the West",
    "pro-US": "Washington rightly condemned the brutal aggression of the Kremlin",
    "neutral": "Delegations met on Tuesday and the talks will go on tomorrow",
}
STANCES = tuple(WORDS)
SOURCES = {"government": "the ministry said", "military": "the general said", "none": ""}


def rows(documents: int = 30, each: int = 6, seed: int = 1) -> pd.DataFrame:
    """Sentences whose words mostly tell their labels; a column for each question, and doc_id, text, split, fold."""
    rng = np.random.default_rng(seed)
    found = []
    for document in range(documents):
        for index in range(each):
            stance, source = rng.choice(list(WORDS)), rng.choice(list(SOURCES))
            said = WORDS[stance if rng.random() < 0.9 else rng.choice(list(WORDS))].split()
            text = f"{' '.join(rng.permutation(said))} {SOURCES[source]} {document}-{index}."
            split = ("test", -1) if document % 4 == 0 else ("train", document % 5)
            found.append((f"s{document:03}{index:02}", f"d{document:03}", text, stance, source, *split))
    return pd.DataFrame(found, columns=["sentence_id", "doc_id", "text", "stance", "source_type", "split", "fold"])


def _annotations(gold: pd.DataFrame, annotators: tuple[str, ...]) -> pd.DataFrame:
    parts = [
        gold[["sentence_id", "question", "label"]].assign(
            annotation_id=[f"{name}-{sentence}" for sentence in gold["sentence_id"]], annotator=name
        )
        for name in annotators
    ]
    fixed = {"state": "submitted", "suggestion": False, "revision": 1, "server": "test", "skip_reason": None}
    empty = dict.fromkeys(("created_at", "updated_at"), pd.NaT) | {
        "lead_time_s": 4.0,
        "labels_version": "v",
        "project": "1",
    }
    return pd.concat(parts, ignore_index=True).assign(**fixed, **empty)


def write_dataset(
    folder: Path, data: pd.DataFrame, *, simulated: tuple[str, ...] = (), labels: dict = LABELS
) -> Dataset:
    """Write ``data`` (as :func:`rows`; a null label is a tie) to the folder NAME/VERSION and load it."""
    sentences = data[["sentence_id", "doc_id", "text"]].assign(
        index=data.groupby("doc_id").cumcount(), start=0, end=data["text"].str.len(),
        cluster_id=data.get("cluster_id", data["sentence_id"]), language="en", source="a.jsonl:1",
        outlet="Outlet " + data["doc_id"].str[-1], title="Talks", byline=None, published_at=pd.NaT, url=None, event="e",
        target=None, split=None, record_id=data["doc_id"],
    )  # fmt: skip
    questions = [question for question in labels["questions"] if question in data]
    gold = data.melt("sentence_id", questions, var_name="question", value_name="label").assign(
        method="majority", votes=3, unanimous=True, probability=1.0, adjudicator=None
    )
    split = data[["sentence_id", "split", "fold"]].assign(group=data["doc_id"])
    frames = {
        "sentences": (sentences, tables.RELEASED),
        "annotations": (_annotations(gold, simulated or ("ann@example.org",)), tables.ANNOTATIONS),
        "gold": (gold, tables.GOLD),
        "split": (split, tables.SPLIT),
    }
    for name, (frame, table) in frames.items():
        tables.write(frame.sort_values(list(table.key), ignore_index=True), folder / f"{name}.parquet", table)
    hashes = {name: sha256_file(folder / f"{name}.parquet") for name in frames}
    config = Labels.model_validate(labels)
    manifest = {
        "format_version": 1,
        "name": folder.parent.name,
        "version": folder.name,
        "sha256": sha256_text(str(sorted(hashes.items()))),
        "files": hashes,
        "recipe": {"split": "cluster", "test_share": 0.25, "folds": 5},
        "labels": config.model_dump(mode="json"),
        "labels_version": config.version,
        "simulated_annotators": list(simulated),
    }
    write_json(folder / "manifest.json", manifest)
    return load(folder)

"""The sentences of a dataset version with their labels, a file for each side: for ``datasets.load_dataset``.

The four tables are the version; these are made from them, for those who want rows to learn from and nothing else.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.files import sha256_file
from corpus.tables import INT, STRING, TIME

# What the hub calls the sides.
SIDES = {"train": "train", "val": "validation", "test": "test"}
_COLUMNS = {
    "sentence_id": STRING, "doc_id": STRING, "cluster_id": STRING, "text": STRING, "language": STRING, "title": STRING,
    "outlet": STRING, "published_at": TIME, "url": STRING, "target": STRING, "fold": INT,
}  # fmt: skip


def label_columns(labels: Mapping[str, Any]) -> dict[str, str]:
    """Question to the column of its labels: its name, unless another column has it."""
    return {name: f"{name}_label" if name in _COLUMNS else name for name in labels["questions"]}


def features(labels: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The columns as the header of a dataset card states them; a label is a number in the order of the labels."""
    found: list[dict[str, Any]] = [
        {"name": name, "dtype": "timestamp[us, tz=UTC]" if kind == TIME else str(kind)}
        for name, kind in _COLUMNS.items()
    ]
    for question, name in label_columns(labels).items():
        order = {str(number): label for number, label in enumerate(labels["questions"][question]["labels"])}
        found.append({"name": name, "dtype": {"class_label": {"names": order}}})
    return found


def write_views(folder: Path, frames: Mapping[str, pd.DataFrame], labels: Mapping[str, Any]) -> dict[str, str]:
    """Write ``data/SIDE.parquet`` for each side of the split that has sentences.

    Returns
    -------
    dict
        Side, by the name that the hub gives it, to the SHA-256 of its file.
    """
    rows = frames["sentences"].merge(frames["split"][["sentence_id", "split", "fold"]], on="sentence_id")
    gold = frames["gold"].pivot(index="sentence_id", columns="question", values="label")
    types = dict(_COLUMNS)
    for question, name in label_columns(labels).items():
        number = {label: place for place, label in enumerate(labels["questions"][question]["labels"])}
        given = rows["sentence_id"].map(gold[question]) if question in gold else pd.Series(None, rows.index, "object")
        rows[name] = given.map(number).astype("Int64")
        types[name] = INT
    return dict(_written(folder / "data", rows.sort_values("sentence_id"), types))


def _written(folder: Path, rows: pd.DataFrame, types: Mapping[str, pa.DataType]) -> Iterator[tuple[str, str]]:
    # A split of the source is a column of the sentences as well, and loses its name in the merge.
    side = rows["split_y"] if "split_y" in rows else rows["split"]
    folder.mkdir(exist_ok=True)
    for own, name in SIDES.items():
        part = rows[side == own]
        if len(part):
            arrays = [pa.array(part[column], type=kind, from_pandas=True) for column, kind in types.items()]
            flat = [array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array for array in arrays]
            table = pa.Table.from_arrays(flat, names=list(types))
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
            yield name, sha256_file(folder / f"{name}.parquet")

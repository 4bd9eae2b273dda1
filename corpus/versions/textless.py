"""A dataset version without its text: ids, offsets, hashes, addresses; and the text put back by those who have it."""

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus import tables
from corpus.documents import ExtraColumns, doc_id, row
from corpus.errors import InputError, StanceError, listed
from corpus.files import json_text, sha256_file, sha256_text, write_json, write_text
from corpus.sources import Record
from corpus.text.units import lay_out
from corpus.versions.card import card
from corpus.versions.dataset import Dataset
from corpus.versions.views import write_views

FORMAT_VERSION = 1
# What is copied as it stands: none of it holds text of a source.
_COPIED = ("annotations.parquet", "gold.parquet", "split.parquet", "datasheet.md")
_DESCRIPTION, _REFERENCES = "export.json", "references.parquet"
_WITHHELD = "sha256 of the text: "


@dataclass(frozen=True)
class Joined:
    """A version with its text again; ``identical`` when its sentences are byte for byte those that were exported."""

    sentences: int
    documents: int
    identical: bool


def export(dataset: Dataset, out: Path) -> int:
    """Write ``dataset`` without text, titles and further columns of the sources to the folder ``out``.

    Returns
    -------
    int
        Sentences.

    Raises
    ------
    InputError
        ``out`` is there and holds something else.
    """
    if out.exists() and any(out.iterdir()) and not (out / _DESCRIPTION).is_file():
        raise InputError(out, "is not empty, and no export", todo="Name another folder")
    texts = dataset.sentences["text"]
    references = dataset.sentences[[name for name in tables.REFERENCES.columns if name in dataset.sentences]]
    tables.write(references.assign(text_sha256=texts.map(sha256_text)), out / _REFERENCES, tables.REFERENCES)
    for name in _COPIED:
        if (dataset.path / name).is_file():
            shutil.copyfile(dataset.path / name, out / name)
    # The worked examples of a guideline may be sentences of the dataset.
    hidden = {text: _WITHHELD + sha256_text(text) for text in texts}
    description = {
        "format_version": FORMAT_VERSION,
        "columns": list(dataset.sentences.columns),
        "manifest": _mapped(dataset.manifest, hidden),
    }
    write_json(out / _DESCRIPTION, description)
    write_text(out / "README.md", _readme(dataset.manifest, len(texts)))
    return len(texts)


def join(folder: Path, records: Iterable[Record], *, headline_words: int) -> Joined:
    """Put the text back into an export: ``folder`` becomes the dataset version that it was.

    Parameters
    ----------
    folder : Path
        As :func:`export` left it.
    records : iterable of Record
        Of the sources, in any order, others among them.
    headline_words : int
        As the corpus was built.

    Raises
    ------
    InputError
        There is no export.
    StanceError
        The text of some sentences is not in the sources; nothing is written then.
    """
    description = _description(folder)
    references = tables.read(folder / _REFERENCES, tables.REFERENCES)
    documents = _documents(records, set(references["doc_id"]), headline_words)
    pieces = [
        str(documents[doc]["text"])[start:end] if doc in documents else ""
        for doc, start, end in zip(references["doc_id"], references["start"], references["end"], strict=True)
    ]
    right = [sha256_text(text) == sha256 for text, sha256 in zip(pieces, references["text_sha256"], strict=True)]
    if not all(right):
        lacking = references[[not found for found in right]]
        names = lacking["url"].fillna(lacking["record_id"]).fillna(lacking["source"]).fillna(lacking["doc_id"])
        raise StanceError(
            f"the text of {len(lacking)} of {len(references)} sentences is not in these sources: "
            f"{listed(names.unique(), 5)}. Add the sources that hold it, as they were when the dataset was made"
        )
    # The columns in their order, as bytes depend on it.
    known = references.drop(columns="text_sha256").assign(text=pieces)
    for name in (name for name in description["columns"] if name not in known):
        known[name] = [documents[doc].get(name) for doc in known["doc_id"]]
    tables.write(known[description["columns"]], folder / "sentences.parquet", tables.RELEASED)
    manifest = _mapped(description["manifest"], {_WITHHELD + sha256_text(text): text for text in pieces})
    frames = {"sentences": known} | {
        name: tables.read(folder / f"{name}.parquet", table)
        for name, table in (("gold", tables.GOLD), ("split", tables.SPLIT))
    }
    if "views" in manifest:
        write_views(folder, frames, manifest["labels"])
    write_text(folder / "README.md", card(manifest, known))
    write_json(folder / "manifest.json", manifest)
    identical = sha256_file(folder / "sentences.parquet") == manifest["files"]["sentences"]
    return Joined(len(known), int(known["doc_id"].nunique()), identical)


def _documents(records: Iterable[Record], wanted: set[str], headline_words: int) -> dict[str, dict[str, Any]]:
    """Rows of the documents that are wanted. A text is known by its hash, with its title before it or without."""
    found: dict[str, dict[str, Any]] = {}
    names = ExtraColumns()
    for record in records:
        for titles in (False, True):
            layout = lay_out(
                record, "line", titles=titles, language="en", single_line_share=0, headline_words=headline_words
            )
            if (known := doc_id(record, layout.text)) in wanted and known not in found:
                found[known] = row(record, layout.text, layout.title, names)
    return found


def _description(folder: Path) -> dict[str, Any]:
    file = folder / _DESCRIPTION
    try:
        description: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            file, f"is no export that can be read ({error})", todo="Name what `stance corpus export` wrote"
        ) from None
    if (written := description.get("format_version", 1)) > FORMAT_VERSION:
        raise InputError(file, f"has format {written}; this stancelab reads up to {FORMAT_VERSION}: update it")
    return description


def _mapped(value: Any, strings: Mapping[str, str]) -> Any:
    """``value`` with each string in it that ``strings`` knows replaced."""
    if isinstance(value, str):
        return strings.get(value, value)
    if isinstance(value, list):
        return [_mapped(item, strings) for item in value]
    if isinstance(value, dict):
        return {key: _mapped(item, strings) for key, item in value.items()}
    return value


def _readme(manifest: Mapping[str, Any], n: int) -> str:
    counts = json_text(manifest["counts"]["questions"]).rstrip()
    return (
        f"# {manifest['name']} {manifest['version']}, without its text\n\n"
        f"{n} sentences by id, offset in their document, hash and address, with their labels. Who has the texts puts "
        "them back with\n\n"
        "    stance corpus join DIR SOURCES...\n\n"
        "which checks every sentence against its hash and makes this folder the dataset version that it was: "
        f"`{manifest['sha256']}`.\n\n```json\n{counts}\n```\n"
    )

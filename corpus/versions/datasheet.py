"""The datasheet of a dataset version: the questions of Gebru et al., "Datasheets for Datasets" (2021), filled from it.

What only its makers know (why it was made, who paid, who may use it) is left to them, and says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

_YOURS = "_To be written by the makers of the dataset._"


def datasheet(manifest: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> str:
    """The datasheet as Markdown.

    Parameters
    ----------
    manifest : mapping
        Of the version.
    frames : mapping of DataFrame
        The tables sentences, annotations, gold and split.
    """
    sections = {
        "Motivation": [f"For what purpose was the dataset created, by whom, and who paid for it? {_YOURS}"],
        "Composition": _composition(manifest, frames["sentences"], frames["split"]),
        "Collection": _collection(manifest, frames["sentences"], frames["annotations"]),
        "Preprocessing and labeling": _preprocessing(manifest, frames),
        "Uses": _uses(manifest, frames["sentences"]),
        "Distribution": _distribution(manifest),
        "Maintenance": _maintenance(manifest),
    }
    lines = [f"# Datasheet: {manifest['name']} {manifest['version']}"]
    for title, paragraphs in sections.items():
        lines += ["", f"## {title}", *(line for text in paragraphs for line in ("", text))]
    return "\n".join(lines) + "\n"


def _composition(manifest: Mapping[str, Any], sentences: pd.DataFrame, split: pd.DataFrame) -> Iterator[str]:
    counts, documents = manifest["counts"], sentences.drop_duplicates("doc_id")
    yield (
        f"Each instance is a sentence of a news text: {counts['sentences']} sentences of {counts['documents']} "
        f"documents, with their offsets, in {counts['clusters']} clusters of exact, near or rewritten copies. They are "
        "those that were labelled, all or part of a corpus: how they were drawn is in the recipes of the batches."
    )
    yield _table(("language", "sentences"), _top(sentences["language"]))
    yield _table(("outlet", "documents"), _top(documents["outlet"]))
    dates = documents["published_at"].dropna()
    when = f"from {dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}" if len(dates) else "on no known day"
    lacking = [f"{name} {int(documents[name].isna().sum())}" for name in ("outlet", "published_at", "url", "title")]
    yield f"Published {when}. Documents without: {', '.join(lacking)}, of {len(documents)}."
    for question, found in counts["questions"].items():
        rows = [*found["labels"].items(), *([("(tie, no label)", found["ties"])] if found["ties"] else [])]
        yield _table((question, "sentences"), rows)
    sides = _table(("side", "sentences"), split["split"].value_counts().sort_index().items())
    yield f"Recommended split, by {manifest['recipe'].get('split', 'an unnamed rule')}:\n\n{sides}"
    yield from (f"Note: {note}." for note in manifest["notes"])
    yield f"Does it hold anything confidential, offensive, or about persons? News names persons. {_YOURS}"


def _collection(manifest: Mapping[str, Any], sentences: pd.DataFrame, annotations: pd.DataFrame) -> Iterator[str]:
    files = sentences["source"].dropna().str.replace(r":[0-9]+$", "", regex=True)
    yield f"The texts were read from these files:\n\n{_table(('file', 'sentences'), _top(files))}"
    yield f"Where the files came from, and on whose authority: {_YOURS}"
    simulated, people = manifest["simulated_annotators"], manifest["counts"]["annotators"]
    seconds = annotations["lead_time_s"].dropna()
    pace = f" The median answer took {seconds.median():.0f} s." if len(seconds) else ""
    yield (
        f"{people} annotators gave {manifest['counts']['annotations']} annotations; {len(simulated)} of them are "
        f"simulated, programs and no people. {int(annotations['suggestion'].sum())} answers were given with a "
        f"suggestion of a model in view.{pace}"
    )
    if manifest["agreement"]:
        rows = ((name, _alpha(found.get("alpha", {}))) for name, found in manifest["agreement"].items())
        yield _table(("question", "Krippendorff's alpha"), rows)
    yield f"Who the annotators are, how they were taught and paid, and whether they agreed to this: {_YOURS}"


def _preprocessing(manifest: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    yield (
        "Texts were normalized (encoding, white space, invisible characters), split into sentences, filtered, and "
        "clustered by `stance corpus build`; the offsets of a sentence lead back to the normalized document."
    )
    flags = frames["sentences"]["flags"].dropna().str.split(",").explode()
    if len(flags):
        yield f"Flagged by a filter and kept:\n\n{_table(('filter', 'sentences'), _top(flags))}"
    methods = ", ".join(sorted(frames["gold"]["method"].unique()))
    yield (
        f"Gold labels are by {methods or 'no method'}; a tie has none. The answers of every annotator are in "
        f"`annotations.parquet`. Label definitions: version `{manifest['labels_version']}`, whole in `manifest.json`."
    )
    yield _table(("setting", "value"), manifest["recipe"].items())


def _uses(manifest: Mapping[str, Any], sentences: pd.DataFrame) -> Iterator[str]:
    yield f"Made to train and test classifiers of {', '.join(manifest['counts']['questions']) or 'no question'}."
    yield (
        "Not for judging a single outlet, author or person by the labels of their sentences: they are few, chosen, and "
        "out of context. Scores hold for text like this (languages, outlets and days above), and for no other."
    )
    if manifest["simulated_annotators"]:
        yield "Labels of simulated annotators show that a procedure works; they support no statement about the news."


def _distribution(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield f"Licence, and to whom it is given: {_YOURS}"
    yield (
        "The texts belong to their publishers. What may not be passed on can be left out: "
        f"`stance corpus export {manifest['name']}/{manifest['version']} --without-text DIR` writes ids, offsets and "
        "addresses, and `stance corpus join DIR SOURCES...` puts the text back for those who have it."
    )


def _maintenance(manifest: Mapping[str, Any]) -> Iterator[str]:
    newest = manifest["watermark"]["newest"]
    yield (
        f"This version is frozen: `{manifest['sha256']}`. Its newest annotation is of {newest or 'an unknown time'}. "
        "`stance corpus diff A B` says what changed between two versions."
    )
    yield f"Who keeps it, and how errors are reported: {_YOURS}"


def _alpha(found: Mapping[str, Any]) -> str:
    if found.get("value") is None:
        return "undefined"
    interval = f" [{found['low']:.3f}, {found['high']:.3f}]" if found.get("low") is not None else ""
    return f"{found['value']:.3f}{interval}"


def _top(values: pd.Series, most: int = 20) -> list[tuple[str, int]]:
    """The commonest values with their numbers, the rest as one."""
    found = values.fillna("(unknown)").value_counts()
    found = found.sort_index().sort_values(ascending=False, kind="stable")
    rows = [(str(name), int(n)) for name, n in found[:most].items()]
    return rows + ([(f"({len(found) - most} more)", int(found[most:].sum()))] if len(found) > most else [])


def _table(head: tuple[str, str], rows: Iterable[tuple[Any, Any]]) -> str:
    """A Markdown table; a name from a source cannot break out of its cell."""
    body = [f"| {_cell(name)} | {_cell(value)} |" for name, value in rows]
    return "\n".join([f"| {_cell(head[0])} | {head[1]} |", "| --- | --- |", *body])


def _cell(value: Any) -> str:
    return " ".join(str(value).split()).replace("|", "\\|").replace("<", "&lt;")

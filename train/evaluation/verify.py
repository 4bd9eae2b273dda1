"""Recompute every number of a run from its inputs, and say what differs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from corpus import tables
from corpus.errors import InputError, StanceError
from corpus.files import read_json, sha256_file
from corpus.versions.dataset import TABLES, Dataset
from corpus.versions.dataset import load as load_dataset
from train import run
from train.audits import METHOD, audits
from train.evaluation.citations import misquoted
from train.evaluation.evaluate import measure
from train.evaluation.looks import looked
from train.evaluation.outputs import edited, looks_said
from train.evaluation.receipts import (
    FORMAT_VERSION,
    NEW_IN_4,
    RUN_INPUTS,
    Number,
    misstated,
    numbers,
    numbers_of,
    numbers_of_audits,
    of_format,
    receipts,
)
from train.labelled import labelled, labels_of
from train.numbers import counted
from train.predict import answered

# Numbers are rounded to six digits when they are written, so that one that lies between two is equal too.
TOLERANCE = 1e-6
_TODO = "Write it with `stance train evaluate RUN`, or restore it"
_OTHER_EDGES = (
    "the run has another interval of the calibration error, which was not computed again. `stance train evaluate RUN` "
    "makes it anew"
)


@dataclass(frozen=True)
class Verified:
    """What :func:`verify` found.

    Parameters
    ----------
    numbers, equal : int
        How many were reported, and how many came out the same.
    differing : tuple of dict
        ``name``, ``reported``, ``recomputed``: first inputs (``input:gold``, with their hashes), then what the
        report is not or says wrongly (``page:FILE``, ``page:ID``) and what receipts do (``receipt:...``), then numbers.
    notes : tuple of str
        What changed without being a fault: code, library versions, numbers that are new.
    """

    numbers: int
    equal: int
    differing: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def verify(of: run.Run, folder: Path | None = None, advance: Callable[[int], None] = lambda n: None) -> Verified:
    """Recompute what metrics.json of a run says; nothing is written.

    Parameters
    ----------
    of : Run
        An evaluated run.
    folder : Path, optional
        Where its dataset version is, if not where the run says.
    advance : callable
        Called with 1 after each step.

    Raises
    ------
    InputError
        The run was not evaluated, or its dataset is not there at all.
    """
    stated = _read(of.path / run.RECEIPTS, "tables", "files", "code_sha256", "libraries")
    metrics = _read(of.path / run.METRICS, "questions", "bootstrap")
    there = (of.path / run.AUDITS).is_file() or run.AUDITS in stated["files"]
    audited = _read_audits(of.path / run.AUDITS) if there else {"questions": {}}
    written = stated.get("format_version", 1)
    reported, of_audits = of_format(numbers_of(metrics), written), of_format(numbers_of_audits(audited), written)
    page = numbers_of(metrics) | numbers_of_audits(audited) | numbers({"looks": looks_said(of.path)}, "outputs")
    folder = folder or of.dataset_folder()
    differing = [*_changed_inputs(of, folder, stated), *_changed_output(of, stated), *_misdated(stated)]
    changed = {row["name"] for row in differing}
    unread = "input:model" in changed  # Then the model is not loaded.
    kept = _audits_kept(audited, len(of_audits), unread) if there else []
    notes = [*_versions(stated), *kept]
    if again := there and not kept:
        reported |= of_audits
    advance(1)
    recomputed: dict[str, Number] = {}
    try:
        dataset, unknown = _read_dataset(folder)
        notes += unknown
        # An older run drew other units for its intervals, and says so.
        measured = measure(of, dataset, metrics["bootstrap"]["unit"])
        recomputed = numbers_of(measured)
        if metrics["bootstrap"].get("ece") != measured["bootstrap"]["ece"]:
            notes.append(_OTHER_EDGES)
            reported, recomputed = _without_edges(reported), _without_edges(recomputed)
        advance(1)
        if not unread:
            differing += _answers(of, dataset)
        if again:
            camp = tuple(audited.get("camp", ()))
            audited = {"questions": audits(of, dataset, measured, advance, camp)}
            recomputed |= numbers_of_audits(audited)
        if not any(name.startswith("input:") for name in changed):  # Else receipts differ for that reason alone.
            differing += misstated(stated, receipts(of, dataset, measured, audited), of_format(page, written))
    except (StanceError, ValueError, KeyError, TypeError, AttributeError) as error:
        # A changed input may be anything; that it changed is said already, and why nothing follows from it here.
        notes.append(f"not all numbers can be recomputed: {error}")
    moved = [
        {"name": name, "reported": value, "recomputed": recomputed.get(name)}
        for name, value in reported.items()
        if name not in recomputed or not same(value, recomputed[name])
    ]
    on_page, unseen = _report(of.path, page, written)
    differing += on_page
    notes += unseen + _looks(of.path, folder)
    if new := len(recomputed.keys() - reported.keys()):
        notes.append(f"this stancelab computes {counted(new, 'number', 'numbers')} that the run does not report")
    return Verified(len(reported), len(reported) - len(moved), (*differing, *moved), tuple(notes))


def _without_edges(numbers: Mapping[str, Number]) -> dict[str, Number]:
    ends = ("/ece/low", "/ece/high", "/ece/reliable")
    return {name: value for name, value in numbers.items() if not name.endswith(ends)}


def _report(folder: Path, known: Mapping[str, Number], written: int) -> tuple[list[dict[str, Any]], list[str]]:
    """What the report's files say that the run does not, and what of them could not be compared.

    ``written`` is the format of the receipts: with those of format 4 and later a report has an outputs.json.
    """
    page = folder / run.REPORT
    if not page.is_file():
        return edited(folder), []
    differing = [*edited(folder), *misquoted(page.read_text(encoding="utf-8", errors="replace"), known)]
    if (folder / run.OUTPUTS).is_file():
        return differing, []
    gone = [{"name": f"page:{run.OUTPUTS}", "reported": "written", "recomputed": None}] if written >= 4 else []
    return gone + [row for row in differing if not row["name"].startswith("page:outputs/")], [
        f"there is no {run.OUTPUTS}: of {run.REPORT} only the numbers that it cites were compared, of its tables and "
        "cards nothing. `stance train report RUN` writes it"
    ]


def _looks(folder: Path, dataset: Path) -> list[str]:
    """That the test was looked at more often than the report says, or less; which is no fault of the report."""
    said, (now, _) = looks_said(folder), looked(dataset)
    if not said or said == now:
        return []
    return [
        f"the report says how often the test was looked at: {_times(said)}; what is on record beside the dataset now "
        f"is {_times(now)}"
    ]


def _times(looks: Mapping[str, Any]) -> str:
    return f"{looks.get('times')}, by {looks.get('runs')} of the runs"


def _audits_kept(made: Mapping[str, Any], numbers: int, unread: bool) -> list[str]:
    """Why the numbers of audits are not computed again; empty where they are."""
    method = made["method"]
    if method != METHOD:
        return [
            f"the audits were made by method {method} and this stancelab has method {METHOD}: their {numbers} numbers "
            "were not computed again. `stance train evaluate RUN` makes them anew"
        ]
    if unread:
        return [
            f"the model is not that of the evaluation, so it was not loaded: the {numbers} numbers of the audits, "
            "which need it, were not computed again. Restore the model, or fit again with `stance train fit DATASET`"
        ]
    return []


def same(reported: Number, recomputed: Number) -> bool:
    """Equal within :data:`TOLERANCE`; null only equals null."""
    if reported is None or recomputed is None or isinstance(reported, str) or isinstance(recomputed, str):
        return reported == recomputed
    try:
        return math.isclose(reported, recomputed, rel_tol=0, abs_tol=TOLERANCE * (1 + 1e-6))
    except OverflowError:  # A whole number that is too large for a float.
        return reported == recomputed


def _read(path: Path, *objects: str) -> dict[str, Any]:
    return read_json(path, FORMAT_VERSION, dict.fromkeys(objects, dict), _TODO)


def _read_audits(path: Path) -> dict[str, Any]:
    found = {"method": 1, **_read(path, "questions")}
    if type(found["method"]) is not int:  # A truth value is an int, too.
        raise InputError(
            path, f"is damaged: expected a whole number as method, got {found['method']!r:.60}", todo=_TODO
        )
    return found


def _hash(path: Path) -> str | None:
    return sha256_file(path) if path.is_file() else None


def _changed(name: str, reported: str | None, path: Path) -> list[dict[str, Any]]:
    found = _hash(path)
    return [] if found == reported else [{"name": name, "reported": reported, "recomputed": found}]


def _changed_inputs(of: run.Run, folder: Path, stated: Mapping[str, Any]) -> list[dict[str, Any]]:
    places = {name: folder / f"{name}.parquet" for name in TABLES}
    places |= {name: of.path / file for name, file in RUN_INPUTS.items()}
    # Receipts of format 1 have the same hashes elsewhere, but for the dataset's manifest.
    known = {**stated["tables"], **{name: stated["files"].get(file) for name, file in RUN_INPUTS.items()}}
    if stated.get("format_version", 1) > 1:
        places["manifest"] = folder / "manifest.json"
        known = stated["inputs"] if isinstance(stated.get("inputs"), dict) else {}
    return [row for name, path in places.items() for row in _changed(f"input:{name}", known.get(name), path)]


def _changed_output(of: run.Run, stated: Mapping[str, Any]) -> list[dict[str, Any]]:
    written = [name for name in (run.METRICS, run.AUDITS) if name in stated["files"] or (of.path / name).is_file()]
    return [row for name in written for row in _changed(f"output:{name}", stated["files"].get(name), of.path / name)]


def _misdated(stated: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``receipt:format_version``, where receipts hold what their format lacks: fewer of them would be compared."""
    named, written = stated.get("numbers"), stated.get("format_version", 1)
    names = named if isinstance(named, Mapping) else ()
    if not (written < 2 and named) and not (written < 4 and any(map(NEW_IN_4.match, names))):
        return []
    return [{"name": "receipt:format_version", "reported": written, "recomputed": FORMAT_VERSION}]


def _versions(stated: Mapping[str, Any]) -> list[str]:
    notes = []
    if stated["code_sha256"].get("evaluate") != run.code_hash():
        notes.append("the code is not that of the evaluation (its hash differs)")
    now = run.libraries()
    changed = [
        f"{name} {was} is now {now.get(name)}" for name, was in stated["libraries"].items() if was != now.get(name)
    ]
    return notes + ([f"other versions than at the evaluation: {', '.join(changed)}"] if changed else [])


def _read_dataset(folder: Path) -> tuple[Dataset, list[str]]:
    """The dataset as it is now. A gold label that is none of its question's counts as a tie, and is noted."""
    dataset = load_dataset(folder)
    notes, gold = [], dataset.gold
    for name, question in labels_of(dataset).questions.items():
        wrong = (gold["question"] == name) & gold["label"].notna() & ~gold["label"].isin(list(question.labels))
        if wrong.any():
            first = sorted(set(gold.loc[wrong, "label"]))[:3]
            notes.append(f"gold: {int(wrong.sum())} labels are none of {name} ({', '.join(first)}); taken as ties")
            gold = gold.assign(label=gold["label"].mask(wrong, None))
    return replace(dataset, gold=gold), notes


def _answers(of: run.Run, dataset: Dataset) -> list[dict[str, Any]]:
    """Test answers that are not what the saved model says of the dataset's texts, as `stance train predict` has it say.

    Only labels are compared: the last digits of an encoder's probabilities depend on the processor.
    """
    stored = tables.read(of.path / run.PREDICTIONS, tables.PREDICTIONS)
    rows = []
    for question, model in of.answerers().items():
        data = labelled(dataset, question)
        own = stored[stored["question"] == question].set_index("sentence_id")["label"]
        test = data.test[data.test.index.isin(own.index)]
        again: pd.Series = answered(model, test)["label"]
        wrong = int((again.astype(str) != own.reindex(test.index).astype(str)).sum())
        if wrong:
            rows.append(
                {"name": f"answers/{question}/test", "reported": len(test), "recomputed": len(test) - wrong},
            )
    return rows

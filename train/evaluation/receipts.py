"""receipts.json: for every number of a run, the rows, the function and the inputs that it came from."""

import re
from collections.abc import Mapping
from typing import Any

from corpus.files import sha256_file, sha256_text
from corpus.versions.dataset import TABLES, Dataset
from train import run
from train.evaluation import metrics, probability, scores, sufficiency
from train.labelled import labelled

FORMAT_VERSION = 2
# Which file of the run is which input.
RUN_INPUTS = {"configuration": run.MANIFEST, "model": run.MODEL, "predictions": run.PREDICTIONS}

# A verdict is compared as a number is: it is what a reader takes away.
Number = float | int | bool | str | None

_MEASURE = "train.evaluation.evaluate.measure"
_INTERVAL = f"{metrics.__name__}.estimate"
# The function of a number of metrics.json by the end of its id; the first that fits.
_FUNCTIONS: tuple[tuple[str, str], ...] = (
    (r"/sufficiency/", f"{sufficiency.__name__}.sufficiency"),
    (r"/aurc_(?:low|high)$", f"{probability.__name__}.aurc_edges"),
    (r"/(low|high|reliable)$", _INTERVAL),
    (r"/(accuracy|macro_f1|mcc|semeval_f1)/value$", f"{metrics.__name__}.{{0}}"),
    (r"/per_class/.*/(precision|recall|f1)(?:/value)?$", f"{metrics.__name__}.{{0}}"),
    (r"/soft/cross_entropy/value$|/soft/entropy/value$", f"{probability.__name__}.cross_entropies"),
    (r"/soft/distance/value$", f"{probability.__name__}.distances"),
    (r"/(?:prior_)?log_loss/value$", f"{probability.__name__}.log_losses"),
    (r"/(?:prior_)?brier/value$", f"{probability.__name__}.briers"),
    (r"/(ece|aurc)(?:/value)?$", f"{probability.__name__}.{{0}}"),
    (r"/calibration/", f"{probability.__name__}.binned"),
    (r"/risk_coverage/", f"{probability.__name__}.answered"),
    (r"/soft/n$|/n$|/n_units$|/n_documents$", f"{scores.__name__}.scored"),
    (r"/(confusion/.*|per_class/.*/support)$", f"{metrics.__name__}.confusions"),
    (r"/(n_train|n_val|n_test|n_test_documents|ties|without_gold|label_counts/.*)$", "train.labelled.labelled"),
)
_LABELS_ONLY = {"train.labelled.labelled": ("sentences", "gold", "split", "manifest")}
_EVERYTHING = (*TABLES, "manifest", *RUN_INPUTS)
_ALL = ("sentences", "gold", "split", "manifest", "configuration", "predictions")


def numbers(found: Any, above: str) -> dict[str, Number]:
    """Every number, truth value and null in nested dicts and lists, and every ``verdict``, by its id.

    The id is the JSON Pointer (RFC 6901) of the number in the file, with the file's name before it: ``above``.

    >>> numbers({"stance": {"f1": [0.5, None], "a/b": 1, "note": "few"}}, "metrics")
    {'metrics/stance/f1/0': 0.5, 'metrics/stance/f1/1': None, 'metrics/stance/a~1b': 1}
    """
    if isinstance(found, Mapping):
        inner = [(pointer(str(key)), value) for key, value in found.items()]
    elif isinstance(found, list | tuple):
        inner = [(str(at), value) for at, value in enumerate(found)]
    else:
        return {} if isinstance(found, str) and not above.endswith("/verdict") else {above: found}
    return {name: value for key, part in inner for name, value in numbers(part, f"{above}/{key}").items()}


def numbers_of(measured: Mapping[str, Any]) -> dict[str, Number]:
    """The numbers of metrics.json that are results; what they were computed with is in receipts.json."""
    return numbers(measured["questions"], "metrics/questions")


def numbers_of_audits(audited: Mapping[str, Any]) -> dict[str, Number]:
    """The numbers and verdicts of audits.json; ``parameters`` and ``seed`` are no results."""
    found = numbers(audited["questions"], "audits/questions")
    return {name: value for name, value in found.items() if name.split("/")[4] not in ("parameters", "seed")}


def inputs(of: run.Run, dataset: Dataset) -> dict[str, str]:
    """SHA-256 of each file that the numbers come from, by its name as an input."""
    files = {name: dataset.path / f"{name}.parquet" for name in TABLES}
    files["manifest"] = dataset.path / "manifest.json"
    files |= {name: of.path / file for name, file in RUN_INPUTS.items()}
    return {name: sha256_file(file) for name, file in files.items()}


def receipts(of: run.Run, dataset: Dataset, measured: Mapping[str, Any], audited: Mapping[str, Any]) -> dict[str, Any]:
    """The content of receipts.json.

    Returns
    -------
    dict
        ``inputs`` (hash of each file that numbers come from), ``code_sha256``, ``libraries``; ``rows`` (how many, and
        the SHA-256 of their sorted sentence ids, one a line); ``functions`` (parameters, seed and inputs of each);
        ``numbers``: for each id its rows and its function.
    """
    known = ("id", "dataset", "tables", "labels_version", "settings", "seed", "libraries")
    made = {name: _origin(name) for name in numbers_of(measured)}
    functions = {function: _called(function, measured) for function in sorted({f for _, f in made.values()})}
    for question, audits in audited["questions"].items():
        for name, audit in audits.items():
            under = pointer("audits", "questions", question, name)
            made |= dict.fromkeys(_under(audited, under), (f"{pointer(question)}/all", audit["method"]))
            called = {"parameters": audit["parameters"], "seed": audit["seed"], "inputs": list(_EVERYTHING)}
            functions[audit["method"]] = called
    return {
        "format_version": FORMAT_VERSION,
        **{key: of.manifest[key] for key in known},
        "inputs": inputs(of, dataset),
        "code_sha256": {"fit": of.manifest["code_sha256"], "evaluate": run.code_hash()},
        "files": {name: sha256_file(of.path / name) for name in (*RUN_INPUTS.values(), run.METRICS, run.AUDITS)},
        "rows": _rows(of, dataset),
        "functions": functions,
        "numbers": {name: {"rows": rows, "function": function} for name, (rows, function) in made.items()},
    }


def pointer(*names: str) -> str:
    """Names as the steps of a JSON Pointer."""
    return "/".join(name.replace("~", "~0").replace("/", "~1") for name in names)


def _under(audited: Mapping[str, Any], above: str) -> list[str]:
    return [name for name in numbers_of_audits(audited) if name.startswith(f"{above}/")]


def _origin(name: str) -> tuple[str, str]:
    """The rows and the function of a number of metrics.json."""
    question = name.split("/")[2]
    part = "train" if re.search(r"/(out_of_fold|label_counts/train)/|/n_train$", name) else "test"
    if re.search(r"/(n_val|ties|without_gold)$", name):
        part = "all"
    for pattern, function in _FUNCTIONS:
        if fits := re.search(pattern, name):
            return f"{question}/{part}", function.format(fits[1] if fits.re.groups else "")
    return f"{question}/{part}", _MEASURE


def _rows(of: run.Run, dataset: Dataset) -> dict[str, dict[str, Any]]:
    found = {}
    for question in of.manifest["questions"]:
        data = labelled(dataset, question)
        for part, rows in (("train", data.train), ("test", data.test), ("all", data.rows)):
            found[f"{pointer(question)}/{part}"] = {"n": len(rows), "sha256": rows_hash(rows.index)}
    return found


def rows_hash(ids: Any) -> str:
    """SHA-256 of sentence ids: sorted, each with a line end."""
    return sha256_text("".join(f"{name}\n" for name in sorted(ids)))


def _called(function: str, measured: Mapping[str, Any]) -> dict[str, Any]:
    drawn = dict(measured["bootstrap"])
    seed = drawn.pop("seed") if function == _INTERVAL else None
    return {
        "parameters": drawn if function == _INTERVAL else {},
        "seed": seed,
        "inputs": list(_LABELS_ONLY.get(function, _ALL)),
    }

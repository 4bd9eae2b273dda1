"""receipts.json: for every number of a run, the rows, the function and the inputs that it came from."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from corpus.files import sha256_file, sha256_text
from corpus.versions.dataset import TABLES, Dataset, load
from train import abstention, run
from train.audits import finding
from train.audits.finding import NOMINAL
from train.evaluation import counts, examples, looks, metrics, probability, prose, scores, sufficiency
from train.labelled import labelled
from train.settings import TrainSettings

# Goes up when a function, its parameters or their place change: `verify` compares receipts of this format in full.
# Format 4 had for an example the highest probability, be it the answer's or not; 3 no numbers in sentences, of the
# dataset and of the looks; 2 functions that were not kept apart by question; 1 hashes only.
FORMAT_VERSION = 5
# Which file of the run is which input.
RUN_INPUTS = {"configuration": run.MANIFEST, "model": run.MODEL, "predictions": run.PREDICTIONS}

# A verdict is compared as a number is: it is what a reader takes away.
Number = float | int | bool | str | None

_MEASURE = "train.evaluation.evaluate.measure"
_INTERVAL = f"{metrics.__name__}.estimate"
_AREA_INTERVAL = f"{probability.__name__}.aurc_edges"
_ECE_INTERVAL = f"{probability.__name__}.ece_edges"
_BAR = f"{abstention.__name__}.bar"
_ENOUGH = f"{sufficiency.__name__}.sufficiency"
# The function of a number of metrics.json by the end of its id; the first that fits.
_FUNCTIONS: tuple[tuple[str, str], ...] = (
    (r"/sufficiency/", _ENOUGH),
    # Before edges of intervals: those of a bin are none.
    (r"/calibration/", f"{probability.__name__}.binned"),
    (r"/aurc_(?:low|high)$", _AREA_INTERVAL),
    (r"/ece/(?:low|high)$", _ECE_INTERVAL),
    (r"/(low|high|reliable|note#\d+)$", _INTERVAL),
    (r"/(accuracy|macro_f1|mcc|semeval_f1)/value$", f"{metrics.__name__}.{{0}}"),
    (r"/per_class/.*/(precision|recall|f1)(?:/value)?$", f"{metrics.__name__}.{{0}}"),
    (r"/soft/cross_entropy/value$|/soft/entropy/value$", f"{probability.__name__}.cross_entropies"),
    (r"/soft/distance/value$", f"{probability.__name__}.distances"),
    (r"/(?:prior_)?log_loss/value$", f"{probability.__name__}.log_losses"),
    (r"/(?:prior_)?brier/value$", f"{probability.__name__}.briers"),
    (r"/abstention/threshold$", _BAR),
    (r"/abstention/answered$", f"{scores.__name__}.scored"),
    (r"/abstention/(?:abstained|error)/value$", f"{probability.__name__}.mean_of"),
    (r"/(ece|aurc)(?:/value)?$", f"{probability.__name__}.{{0}}"),
    (r"/risk_coverage/", f"{probability.__name__}.answered"),
    (r"/soft/n$|/n$|/n_units$|/n_documents$", f"{scores.__name__}.scored"),
    (r"/(confusion/.*|per_class/.*/support)$", f"{metrics.__name__}.confusions"),
    (r"/(n_train|n_val|n_test|n_test_documents|ties|without_gold|label_counts/.*)$", "train.labelled.labelled"),
)
_LOADED, _COUNTED = f"{load.__module__}.load", f"{counts.__name__}.counts"
_LOOKED, _JUDGED = f"{looks.__name__}.looked", f"{finding.__name__}.judged"
_LOOKS = ("outputs/looks/times", "outputs/looks/runs")
# By the beginning of the id, whether it is of the test's rows only, and the function; the first that fits.
_OF_DATA = (
    # What the release computed is read from the dataset's manifest, and not computed again.
    (r"metrics/data/(?:questions/[^/]+/agreement|split/(?:recipe|notes))/", False, _LOADED),
    (r"metrics/data/questions/[^/]+/examples/", True, f"{examples.__name__}.examples"),
    (r"metrics/data/", False, _COUNTED),
    (r"metrics/bootstrap/", False, _MEASURE),
    (r"outputs/looks/", False, _LOOKED),
)
_EVERYTHING = (*TABLES, "manifest", *RUN_INPUTS)
_INPUTS = {
    "train.labelled.labelled": ("sentences", "gold", "split", "manifest"),
    _COUNTED: (*TABLES, "manifest"),
    _LOADED: ("manifest",),
    _LOOKED: ("split",),
    _JUDGED: _EVERYTHING,
}
_ALL = ("sentences", "gold", "split", "manifest", "configuration", "predictions")
# Rows and functions of what belongs to no question; what is before the first slash is no question's rows.
_SENTENCES, _NO_QUESTION = "sentences", "*"
# Under these keys are sentences, the numbers of which are numbers of the run.
_SAID = frozenset({"says", "reasons", "note", "notes", "warnings", "skipped"})
# Names that receipts before format 4 lack, whatever questions and labels are called.
NEW_IN_4 = re.compile(r"^(?:metrics/(?:data|bootstrap)|audits/(?:made|alarms)|outputs)/")
# By format, names that receipts of earlier ones lack, or have otherwise.
_SINCE = {
    4: re.compile(rf"{NEW_IN_4.pattern}|#\d+$|/rows/more$"),
    5: re.compile(r"^metrics/data/questions/[^/]+/examples/"),
}
# Rows of an audit's table on a page; the CSV has all.
LISTED = 15
# What receipts repeat of run.json.
_KNOWN = ("id", "dataset", "tables", "labels_version", "settings", "seed", "libraries")


def numbers(found: Any, above: str) -> dict[str, Number]:
    """Every number, truth value and null in nested dicts and lists, every ``verdict``, and numbers in sentences.

    The id is the JSON Pointer (RFC 6901) of the number in the file, with the file's name before it: ``above``. That of
    a number in a sentence is the sentence's, with its place: ``#1`` is the first.

    >>> numbers({"stance": {"f1": [0.5, None], "a/b": 1, "note": "only 8 documents"}}, "metrics")
    {'metrics/stance/f1/0': 0.5, 'metrics/stance/f1/1': None, 'metrics/stance/a~1b': 1, 'metrics/stance/note#1': 8}
    """
    if isinstance(found, Mapping):
        inner = [(pointer(str(key)), value) for key, value in found.items()]
    elif isinstance(found, list | tuple):
        inner = [(str(at), value) for at, value in enumerate(found)]
        if above.endswith("/rows") and len(found) > LISTED:
            inner.append(("more", len(found) - LISTED))
    elif not isinstance(found, str) or above.endswith("/verdict"):
        return {above: found}
    else:
        said = _SAID & set(above.rsplit("/", 2)[1:])
        return {prose.name(above, at): value for at, value in enumerate(prose.values(found), 1) if said}
    return {name: value for key, part in inner for name, value in numbers(part, f"{above}/{key}").items()}


def numbers_of(measured: Mapping[str, Any]) -> dict[str, Number]:
    """The numbers of metrics.json that a page may show: results, counts of the data, and how many draws."""
    found = numbers(measured["questions"], "metrics/questions")
    drawn = {key: value for key, value in measured["bootstrap"].items() if key == "draws"}
    return found | numbers(drawn, "metrics/bootstrap") | numbers(measured.get("data", {}), "metrics/data")


def numbers_of_audits(audited: Mapping[str, Any]) -> dict[str, Number]:
    """The numbers and verdicts of audits.json; ``parameters`` and ``seed`` are no results.

    Counted from them: ``audits/made`` and ``audits/alarms`` of each question.
    """
    found = numbers(audited["questions"], "audits/questions")
    found = {name: value for name, value in found.items() if not {"parameters", "seed"} & set(name.split("/")[4:5])}
    verdicts: dict[str, list[Number]] = {}
    for name, value in found.items():
        if name.count("/") == 4 and name.endswith("/verdict"):
            verdicts.setdefault(_question(name), []).append(value)
    made = {f"audits/made/{question}": len(given) for question, given in verdicts.items()}
    return found | made | {f"audits/alarms/{question}": given.count("alarm") for question, given in verdicts.items()}


def of_format(found: Mapping[str, Number], written: int) -> dict[str, Number]:
    """Those of ``found`` that have a receipt in the format ``written``; earlier ones promise nothing of the others."""
    later = [pattern for since, pattern in _SINCE.items() if written < since]
    return {name: value for name, value in found.items() if not any(pattern.search(name) for pattern in later)}


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
        the SHA-256 of their sorted sentence ids, one a line); ``functions`` (by question, ``*`` for what belongs to
        none: parameters, seed and inputs of each); ``numbers``: for each id its rows and its function.
    """
    files = (*RUN_INPUTS.values(), run.METRICS, run.AUDITS)
    made = {name: _origin(name) for name in (*numbers_of(measured), *_LOOKS)}
    functions: dict[str, dict[str, Any]] = {}
    for name, (_, function) in made.items():
        functions.setdefault(_question(name), {})[function] = _called(function, measured, of.settings)
    methods: dict[str, str] = {}
    for question, audits in audited["questions"].items():
        for name, audit in audits.items():
            methods[pointer(question, name)] = audit["method"]
            called = {"parameters": audit["parameters"], "seed": audit["seed"], "inputs": list(_EVERYTHING)}
            functions.setdefault(pointer(question), {})[audit["method"]] = called
    for name in numbers_of_audits(audited):
        function = methods.get("/".join(name.split("/")[2:4]), _JUDGED)
        made[name] = (f"{_question(name)}/all", function)
        functions[_question(name)].setdefault(function, _called(function, measured, of.settings))
    return {
        "format_version": FORMAT_VERSION,
        **{key: of.manifest.get(key) for key in _KNOWN},
        "inputs": inputs(of, dataset),
        "code_sha256": {"fit": of.manifest["code_sha256"], "evaluate": run.code_hash()},
        "files": {name: sha256_file(of.path / name) for name in files if (of.path / name).is_file()},
        "rows": _rows(of, dataset),
        "functions": functions,
        "numbers": {name: {"rows": rows, "function": function} for name, (rows, function) in made.items()},
    }


def misstated(stated: Mapping[str, Any], right: Mapping[str, Any], reported: Collection[str]) -> list[dict[str, Any]]:
    """What receipts say and run and dataset do not: name (``receipt:...``), reported, recomputed.

    Hashes of inputs and of metrics.json and audits.json are not compared: the files are held against them.

    Parameters
    ----------
    stated : mapping
        The content of receipts.json.
    right : mapping
        What :func:`receipts` says now.
    reported : collection of str
        Ids of the numbers that the run reports; what ``right`` says of others is new.
    """
    named, written = stated.get("numbers"), stated.get("format_version", 1)
    known = {*reported, *(named if isinstance(named, Mapping) else ())}
    kept = {name: receipt for name, receipt in right["numbers"].items() if name in known}
    functions: dict[str, dict[str, Any]] = {}
    for name, receipt in kept.items():
        question, function = _question(name), receipt["function"]
        functions.setdefault(question, {})[function] = right["functions"][question][function]
    told_of = stated.get("rows")
    there = {*(told_of if isinstance(told_of, Mapping) else ()), *(receipt["rows"] for receipt in kept.values())}
    rows = {name: counted for name, counted in right["rows"].items() if name in there}
    right = {**right, "numbers": kept, "functions": functions, "rows": rows}
    told, true = (_told(each, written) for each in (stated, right))
    return [
        {"name": f"receipt:{name}", "reported": told.get(name), "recomputed": true.get(name)}
        for name in {**told, **true}
        if told.get(name) != true.get(name) and of_format({name.removeprefix("numbers/"): None}, written)
    ]


def _told(receipts: Mapping[str, Any], written: int) -> dict[str, Any]:
    """What receipts of a format say, by its place; without what is compared elsewhere."""
    parts = [*_KNOWN, "code_sha256", "files", *(("rows", "numbers") if written > 1 else ())]
    parts += ["functions"] if written > 2 else []
    elsewhere = {"code_sha256/evaluate", *(f"files/{name}" for name in (run.METRICS, run.AUDITS))}
    found = _leaves({part: receipts.get(part) for part in parts})
    return {
        name: value
        for name, value in found.items()
        if name not in elsewhere and not (written == 2 and name.startswith("numbers/") and name.endswith("/function"))
    }


def _leaves(found: Any, above: str = "") -> dict[str, Any]:
    if not isinstance(found, Mapping):
        return {above.removeprefix("/"): found}
    return {name: value for key, part in found.items() for name, value in _leaves(part, f"{above}/{key}").items()}


def pointer(*names: str) -> str:
    """Names as the steps of a JSON Pointer."""
    return "/".join(name.replace("~", "~0").replace("/", "~1") for name in names)


def _question(name: str) -> str:
    """The question of a number, as its id has it."""
    steps = name.split("/")
    at = 2 if steps[1] in ("questions", "made", "alarms") else 3 if steps[1:3] == ["data", "questions"] else None
    return _NO_QUESTION if at is None else steps[at]


def _origin(name: str) -> tuple[str, str]:
    """The rows and the function of a number of metrics.json, or of one of the looks."""
    question = _question(name)
    for pattern, of_test, function in _OF_DATA:
        if re.match(pattern, name):
            return f"{question}/test" if of_test else _SENTENCES, function
    of_train = r"/(out_of_fold|label_counts/train)/|/n_train$|/abstention/threshold$"
    part = "train" if re.search(of_train, name) else "test"
    if re.search(r"/(n_val|ties|without_gold)$", name):
        part = "all"
    for pattern, function in _FUNCTIONS:
        if fits := re.search(pattern, name):
            return f"{question}/{part}", function.format(fits[1] if fits.re.groups else "")
    return f"{question}/{part}", _MEASURE


def _rows(of: run.Run, dataset: Dataset) -> dict[str, dict[str, Any]]:
    every = dataset.sentences["sentence_id"]
    found = {_SENTENCES: {"n": len(every), "sha256": rows_hash(every)}}
    for question in of.manifest["questions"]:
        data = labelled(dataset, question)
        for part, rows in (("train", data.train), ("test", data.test), ("all", data.rows)):
            found[f"{pointer(question)}/{part}"] = {"n": len(rows), "sha256": rows_hash(rows.index)}
    return found


def rows_hash(ids: Any) -> str:
    """SHA-256 of sentence ids: sorted, each with a line end."""
    return sha256_text("".join(f"{name}\n" for name in sorted(ids)))


def _called(function: str, measured: Mapping[str, Any], settings: TrainSettings) -> dict[str, Any]:
    drawn = {key: measured["bootstrap"][key] for key in ("unit", "draws", "confidence")}
    sampled = function in (_INTERVAL, _AREA_INTERVAL, _ECE_INTERVAL)
    if function == _AREA_INTERVAL:
        drawn["draws"] = scores.area_draws(settings)
    return {
        "parameters": drawn if sampled else _parameters(function, settings),
        "seed": measured["bootstrap"]["seed"] if sampled else None,
        "inputs": list(_INPUTS.get(function, _ALL)),
    }


def _parameters(function: str, settings: TrainSettings) -> dict[str, Any]:
    by = {_ENOUGH: settings.enough.model_dump(), _JUDGED: {"nominal": NOMINAL}, _BAR: abstention.parameters(settings)}
    return by.get(function, {})

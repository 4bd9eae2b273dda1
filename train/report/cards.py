"""The model card and the dataset card of a run, from the numbers of its report."""

from typing import Any

from skops.card import Card

from corpus.versions.dataset import Dataset
from train.abstention import told
from train.models import DESCRIPTIONS
from train.numbers import counted, interval, number

_SCORES = {"macro_f1": "macro-F1", "semeval_f1": "SemEval F1", "accuracy": "accuracy", "mcc": "Matthews correlation"}


def model_card(summary: dict[str, Any]) -> str:
    """Markdown by skops: what the model is, for what it is and is not, its scores, audits and receipts."""
    run, metrics = summary["run"], summary["metrics"]
    made = Card(None, model_diagram=False, template=None)
    name = f"{run['dataset']['name']} {run['dataset']['version']}"
    made.add(**{f"Model {run['id']}": f"{DESCRIPTIONS[run['model']]} Fitted on the dataset version {name}."})
    if metrics["simulated_annotators"]:
        made.add(
            **{"The labels are simulated": "Some or all annotators are programs. The scores say nothing of people."}
        )
    made.add(
        **{
            "Uses": f"Answers {', '.join(run['questions'])} for sentences like those of the dataset. Not for judging a "
            "single outlet, author or person. Where an audit below raised an alarm, read it before any use."
        }
    )
    for question in summary["questions"]:
        made.add(**{question["title"]: _question(question, summary)})
    made.add(
        **{
            "How to load": f"```python\nimport train\n\ntrain.load({run['id']!r}).predict(['A sentence.'])\n```\n\nThe "
            "file model.skops is read by skops; it holds no pickle, and types that are not known are refused.",
            "How to check": f"`stance verify {run['id']}` recomputes every number. Dataset SHA-256: "
            f"`{run['dataset']['sha256']}`; model: `{run['files']['model.skops']}`.",
        }
    )
    return str(made.render()).rstrip() + "\n"


def dataset_card(dataset: Dataset, summary: dict[str, Any]) -> str:
    """The card that the dataset version was released with, and what the run's audits found about its labels."""
    card, run = dataset.path / "README.md", summary["run"]
    title = f"# {run['dataset']['name']} {run['dataset']['version']}"
    released = card.read_text(encoding="utf-8").rstrip() if card.is_file() else title
    lines = [released, "", f"## As run {run['id']} saw it", ""]
    for question in summary["questions"]:
        scores, alpha = question["scores"], question["agreement"].get("alpha") or {}
        agreed = f"; Krippendorff's alpha {number(alpha['value'])}" if alpha.get("value") is not None else ""
        lines.append(
            f"- {question['title']}: {counted(scores['n_train'], 'sentence', 'sentences')} to train on, "
            f"{number(scores['n_test'])} to test on, {counted(scores['ties'], 'tie', 'ties')} left open{agreed}."
        )
        lines += [f"  - {line}" for line in _findings(question["name"], summary)]
    return "\n".join(lines) + "\n"


def _question(question: dict[str, Any], summary: dict[str, Any]) -> str:
    scores = question["scores"]
    if scores["skipped"]:
        return f"No model: {scores['skipped']}."
    rows = [
        f"| {_SCORES[name]} | {number(scores[name]['value'])} | {interval(scores[name]['low'], scores[name]['high'])} |"
        for name in _SCORES
        if scores[name]
    ]
    table = "\n".join(["| score | test | 95 % interval |", "| --- | --- | --- |", *rows])
    enough = scores["sufficiency"]
    verdict = (
        "The test is large enough by the bars of the settings." if enough["verdict"] else " ".join(enough["reasons"])
    )
    findings = "\n".join(f"- {line}" for line in _findings(question["name"], summary))
    documents = counted(scores["n_test_documents"], "document", "documents")
    tested = f"Tested on {counted(scores['n_test'], 'sentence', 'sentences')} of {documents}."
    return f"{tested} {verdict}{_abstention(scores)}\n\n{table}\n\n{findings}".rstrip()


def _abstention(scores: dict[str, Any]) -> str:
    found = scores.get("abstention")
    if not found or found["abstained"]["value"] is None:
        return ""
    risk, share, error = f"{100 * found['risk']:g} %", found["abstained"]["value"], found["error"]
    accepted = f" At most {risk} of its answers were accepted to be wrong, judged by training sentences, so it abstains"
    new = " On new sentences `stance train predict` abstains only where it is given `--risk`."
    if error["value"] is None:
        return f"{accepted} from all of these; the scores are of what it would have answered.{new}"
    value, low, high = (None if error[key] is None else number(100 * error[key], 1) for key in ("value", "low", "high"))
    between = "" if low is None else f" ({low} to {high} %)"
    if between and not error["reliable"]:
        between = f" ({low} to {high} %, an interval that is not to be relied on)"
    return (
        f"{accepted} from {number(100 * share, 0)} % of these. Of its answers to the others {value} % are "
        f"wrong{between}: {told(found)['says']}.{new}"
    )


def _findings(question: str, summary: dict[str, Any]) -> list[str]:
    audits = summary["audits"]["questions"].get(question, {})
    return [f"{name} ({audit['verdict']}): {audit['says']}" for name, audit in audits.items()]

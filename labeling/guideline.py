"""The annotators' guideline, made from the label configuration: a page to read, and a summary for Label Studio."""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from corpus.labels import CONFIDENCE, EVIDENCE, PAGE_KEYS, SKIP, Label, Labels

# Label Studio 1.23's own keys on a text page, then those of our server: what they do, the keys, the keys on a Mac.
_PAGE_KEYS = (
    ("submit, and on to the next sentence", ("Ctrl", "Enter"), ("⌘", "Enter")),
    ("skip", ("Ctrl", "Space"), ("Alt", "Enter")),
    ("undo", ("Ctrl", "Z"), ("⌘", "Z")),
    *(
        (does, (PAGE_KEYS[name],), (PAGE_KEYS[name],))
        for does, name in (
            ("this guideline", "guideline"),
            ("back to what you did before, to look or to correct", "back"),
            ("forward again", "forward"),
            ("a comment; Esc leaves it", "comment"),
        )
    ),
)
# "The sentence. [the right label: why]"
_COUNTER_EXAMPLE = re.compile(r"(?P<text>.*\S)\s+\[(?P<why>[^\[\]]+)\]", re.DOTALL)


def guideline_html(labels: Labels) -> str:
    """The guideline as one self-contained HTML page, without script and without a request to anywhere.

    Sections whose text the configuration does not hold are left out; questions that are not enabled as well.
    """
    return _environment().get_template("guideline.html").render(_view(labels))


def guideline_summary_html(labels: Labels) -> str:
    """The guideline as a fragment for Label Studio's instructions, in tags that the server keeps."""
    page = _environment().get_template("guideline_summary.html").render(_view(labels))
    # Label Studio's dialog shows line breaks as such, those between tags too.
    return re.sub(r">\n+<", "><", page)


def _environment() -> Environment:
    loader = PackageLoader("labeling", "templates")
    return Environment(autoescape=True, loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _view(labels: Labels) -> dict[str, Any]:
    """What the templates show, as plain data."""
    keys = labels.hotkeys
    more = [(f"how sure you are: {said}", keys.get((CONFIDENCE, said), "")) for said in labels.confidence]
    if labels.evidence:
        more.append(
            ("the words that decided: arrows choose them, Enter marks, Esc leaves", keys.get((EVIDENCE, EVIDENCE), ""))
        )
    page_keys = (*_PAGE_KEYS, *((does, (key,), (key,)) for does, key in more if key))
    questions = [
        {
            "name": name,
            "title": question.title or name,
            "definition": _blocks(question.definition),
            "labels": [
                _label_view(label, spec, labels.colour(name, label), keys.get((name, label), ""))
                for label, spec in question.labels.items()
            ],
        }
        for name, question in labels.enabled.items()
    ]
    examples = [
        {
            "number": number,
            "text": example.text,
            "answers": [
                {"question": name, "label": example.answers[name], "colour": labels.colour(name, example.answers[name])}
                for name in labels.enabled
                if name in example.answers
            ],
            "rule": example.rule,
            "disputable": example.disputable,
        }
        for number, example in enumerate(labels.worked_examples, start=1)
    ]
    return {
        "version": labels.version,
        "guideline": _blocks(labels.guideline),
        "questions": questions,
        "examples": examples,
        "disputable": [example["number"] for example in examples if example["disputable"]],
        "skip_reasons": [{"reason": r, "key": keys.get((SKIP, r), "")} for r in labels.skip_reasons],
        "page_keys": [{"does": does, "keys": keys, "mac": mac} for does, keys, mac in page_keys],
    }


def _label_view(name: str, label: Label, colour: str, key: str) -> dict[str, Any]:
    return {
        "name": name,
        "colour": colour,
        "key": key,
        "definition": label.definition,
        "belongs": list(label.belongs),
        "examples": list(label.examples),
        "counter_examples": [_split_counter_example(text) for text in label.counter_examples],
        "explained": bool(label.definition or label.belongs or label.examples or label.counter_examples),
    }


def _split_counter_example(text: str) -> dict[str, str]:
    found = _COUNTER_EXAMPLE.fullmatch(text.strip())
    return {"text": found["text"], "why": found["why"]} if found else {"text": text, "why": ""}


def _blocks(text: str) -> list[dict[str, Any]]:
    """Headings (``## `` lines), lists (runs of ``- `` lines) and paragraphs (the other lines, up to an empty one)."""
    blocks: list[dict[str, Any]] = []
    for line in (*text.splitlines(), ""):
        kind = "heading" if line.startswith("## ") else "list" if line.startswith("- ") else "paragraph"
        content = line.removeprefix("## ").removeprefix("- ").strip()
        if blocks and blocks[-1]["kind"] == kind != "heading" and content and not blocks[-1]["closed"]:
            blocks[-1]["items"].append(content)
        elif content:
            blocks.append({"kind": kind, "items": [content], "closed": False})
        elif blocks:
            blocks[-1]["closed"] = True
    return [{"kind": block["kind"], "items": block["items"]} for block in blocks]

"""From ``configs/labels.yaml`` to Label Studio's interface, and back from its answers to labels."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from corpus.labels import COMMENT, CONFIDENCE, EVIDENCE, PAGE_KEYS, SKIP, Labels, Question
from labeling.regions import well_formed

_SENTENCE = "text"

# One sentence at reading size, its context in grey; fits 1280 px and a tablet's width. The side panels of Label Studio
# (regions, relations) serve other kinds of labeling and take a third of the page: they are hidden.
_STYLE = """
.sl-page { max-width: 60rem; margin: 0 auto; }
.sl-meta { margin-bottom: 0.75rem; }
.sl-meta, .sl-meta * { color: #6b7280; font-size: 0.95rem; }
.sl-context, .sl-context * { color: #767676; font-size: 1rem; line-height: 1.5; }
.sl-sentence { margin: 0.75rem 0 1.25rem; padding: 0.75rem 1rem; border-left: 4px solid #0072B2; }
.sl-sentence, .sl-sentence * { font-size: 1.45rem; line-height: 1.45; }
.sl-question { margin-top: 0.75rem; }
.sl-question .lsf-choice label { padding: 0.15rem 0.3rem 0.1rem 0; border-bottom: 3px solid transparent; }
.sl-skip, .sl-skip *, .sl-more, .sl-more * { color: #5f6672; }
.sl-more .lsf-label_selected, .sl-more .lsf-label_selected * { color: #111827; }
.sl-definitions { margin-top: 1.5rem; }
.lsf-root_mode_labelstream .lsf-sidepanels__wrapper { display: none; }
.lsf-root_mode_labelstream .lsf-sidepanels { padding-right: 0 !important; }
"""


def interface_xml(labels: Labels) -> str:
    """The labeling interface: context, the sentence, each enabled question with its keys, reasons to skip, what may be
    added to the answers (words that decided, confidence, a comment), definitions.

    Task data must hold the strings ``text``, ``title``, ``date``, ``before`` and ``after``.
    """
    keys = labels.hotkeys
    view = ElementTree.Element("View", className="sl-page")
    ElementTree.SubElement(view, "Style").text = _STYLE + _colours(labels)
    _text(view, "sl-meta", "title", "date")
    _text(view, "sl-context", "before")
    _text(view, "sl-sentence", _SENTENCE, selectable=labels.evidence)
    _text(view, "sl-context", "after")
    for number, (name, question) in enumerate(labels.enabled.items()):
        block = ElementTree.SubElement(view, "View", className=f"sl-question sl-q{number}")
        ElementTree.SubElement(block, "Header", value=question.title or name, size="5", underline="false")
        choices = _choices(block, name, asked=question.title or name)
        for label, spec in question.labels.items():
            choice = _choice(choices, label, keys.get((name, label), ""))
            if spec.definition:
                choice.set("hint", " ".join(spec.definition.split()))
    _optional(view, SKIP, "Only to skip: why? Then Skip", labels.skip_reasons, labels)
    _additions(view, labels)
    _definitions(view, labels)
    return ElementTree.tostring(view, encoding="unicode")


def _additions(view: ElementTree.Element, labels: Labels) -> None:
    """What an annotator may add: the words that decided, how sure they are, a comment."""
    if labels.evidence:
        block = ElementTree.SubElement(view, "View", className="sl-question sl-more")
        title = "If you like: the words that decided. Press the key; then arrows and Enter, or the mouse"
        ElementTree.SubElement(block, "Header", value=title, size="6", underline="false")
        marks = ElementTree.SubElement(block, "Labels", name=EVIDENCE, toName=_SENTENCE)
        mark = ElementTree.SubElement(marks, "Label", value=EVIDENCE)
        if key := labels.hotkeys.get((EVIDENCE, EVIDENCE)):
            mark.set("hotkey", key)
    _optional(view, CONFIDENCE, "If you like: how sure are you?", labels.confidence, labels)
    if labels.comment:
        block = ElementTree.SubElement(view, "View", className="sl-question sl-more sl-comment")
        ElementTree.SubElement(
            block, "TextArea", name=COMMENT, toName=_SENTENCE, rows="1", maxSubmissions="1", editable="true",
            placeholder=f"A comment, if you like ({PAGE_KEYS['comment']})",
        )  # fmt: skip


def _optional(view: ElementTree.Element, name: str, title: str, answers: Sequence[str], labels: Labels) -> None:
    """Choices that need not be made, in small print; nothing where there are none to choose from."""
    if not answers:
        return
    block = ElementTree.SubElement(view, "View", className="sl-question sl-skip" if name == SKIP else "sl-more")
    ElementTree.SubElement(block, "Header", value=title, size="6", underline="false")
    choices = _choices(block, name)
    for answer in answers:
        _choice(choices, answer, labels.hotkeys.get((name, answer), ""))


def _colours(labels: Labels) -> str:
    """A rule for each label; Label Studio gives a choice no class of its own, so it is found by its place."""
    return "".join(
        f".sl-q{number} .lsf-choice:nth-child({place}) label {{ border-bottom-color: {labels.colour(name, label)}; }}\n"
        for number, (name, question) in enumerate(labels.enabled.items())
        for place, label in enumerate(question.labels, start=1)
    )


def _text(parent: ElementTree.Element, css: str, *names: str, selectable: bool = False) -> None:
    block = ElementTree.SubElement(parent, "View", className=css)
    for name in names:
        shown = ElementTree.SubElement(block, "Text", name=name, value=f"${name}")
        if selectable:
            shown.set("granularity", "word")
        else:
            shown.set("selectionEnabled", "false")


def _choices(parent: ElementTree.Element, name: str, *, asked: str = "") -> ElementTree.Element:
    """Choices, one of which must be made if ``asked`` says what to ask for."""
    found = ElementTree.SubElement(
        parent, "Choices", name=name, toName=_SENTENCE, choice="single-radio", showInline="true"
    )
    if asked:
        found.set("required", "true")
        found.set("requiredMessage", f"Please answer: {asked}")
    return found


def _choice(parent: ElementTree.Element, value: str, key: str) -> ElementTree.Element:
    found = ElementTree.SubElement(parent, "Choice", value=value)
    if key:
        found.set("hotkey", key)
    return found


def _definitions(view: ElementTree.Element, labels: Labels) -> None:
    """A folded panel for each question that has definitions; opened with a click, so the page stays quiet."""
    defined = {
        n: q for n, q in labels.enabled.items() if q.definition or any(la.definition for la in q.labels.values())
    }
    if not defined:
        return
    holder = ElementTree.SubElement(view, "View", className="sl-definitions")
    collapse = ElementTree.SubElement(holder, "Collapse", accordion="false")
    for name, question in defined.items():
        panel = ElementTree.SubElement(
            collapse, "Panel", value=f"Definitions: {question.title or name}", collapsed="true"
        )
        for line in _definition_lines(question):
            # Label Studio reads $name in a header as task data; a word joiner keeps "$300 million" what it is.
            shown = line.replace("$", "$\N{WORD JOINER}")
            ElementTree.SubElement(panel, "Header", value=shown, size="6", underline="false")


def _definition_lines(question: Question) -> list[str]:
    lines = [" ".join(question.definition.split())] if question.definition else []
    return lines + [
        f"{label}: {' '.join(spec.definition.split())}" for label, spec in question.labels.items() if spec.definition
    ]


def label_set(interface: str) -> dict[str, list[str]]:
    """Question -> labels of an interface, without skip reasons and confidence; what must not change under annotations.

    Raises
    ------
    ValueError
        ``interface`` is not XML.
    """
    try:
        root = ElementTree.fromstring(interface)  # noqa: S314 - no external entities in ElementTree; see the docs
    except ElementTree.ParseError as error:
        raise ValueError(f"the project's labeling interface is not XML: {error}") from None
    return {
        choices.get("name", ""): [choice.get("value", "") for choice in choices.iter("Choice")]
        for choices in root.iter("Choices")
        if choices.get("name") not in (SKIP, CONFIDENCE)
    }


def titles(interface: str) -> dict[str, str]:
    """Question -> what stands above its answers in an interface of :func:`interface_xml`."""
    root = ElementTree.fromstring(interface)  # noqa: S314 - our own XML
    return {
        choices.get("name", ""): header.get("value", "")
        for block in root.iter("View")
        if (choices := block.find("Choices")) is not None and (header := block.find("Header")) is not None
    }


def answers(result: Iterable[Any]) -> dict[str, str]:
    """Question -> label chosen, from an annotation's ``result``; other kinds of regions are passed over, and those that
    are not :func:`~labeling.regions.well_formed`.
    """
    chosen = [region for region in result if well_formed(region) and region["type"] == "choices"]
    return {region["from_name"]: region["value"]["choices"][0] for region in chosen if region["value"]["choices"]}


def notes(result: Iterable[Any]) -> dict[str, Any]:
    """What an annotator added to the answers, from an annotation's ``result``; passes over what :func:`answers` does.

    Returns
    -------
    dict
        Of ``comment`` (text), ``confidence`` (the answer chosen) and ``evidence`` (list of [start, end, text], offsets
        into the sentence, sorted) those that were given.
    """
    found: dict[str, Any] = {}
    for region in filter(well_formed, result):
        added, value = (region.get("from_name"), region["type"]), region.get("value", {})
        if added == (COMMENT, "textarea") and (text := "\n".join(value["text"])):
            found[COMMENT] = text
        elif added == (CONFIDENCE, "choices") and value["choices"]:
            found[CONFIDENCE] = value["choices"][0]
        elif added == (EVIDENCE, "labels"):
            span = [value["start"], value["end"], value.get("text", "")]
            found[EVIDENCE] = sorted([*found.get(EVIDENCE, ()), span])
    return found


def notes_text(found: Mapping[str, Any]) -> str | None:
    """Notes as the ledger keeps them; None for none."""
    return json.dumps(found, ensure_ascii=False, sort_keys=True) if found else None


def result(given: Mapping[str, str], noted: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The ``result`` of an annotation: the label given to each question, and notes.

    The inverse of :func:`answers` and :func:`notes`.
    """
    noted = noted or {}
    chosen = {**given, **({CONFIDENCE: noted[CONFIDENCE]} if CONFIDENCE in noted else {})}
    found = [("choices", name, {"choices": [label]}) for name, label in chosen.items()]
    if COMMENT in noted:
        found.append(("textarea", COMMENT, {"text": [noted[COMMENT]]}))
    for start, end, words in noted.get(EVIDENCE, ()):
        found.append(("labels", EVIDENCE, {"start": start, "end": end, "text": words, "labels": [EVIDENCE]}))
    return [{"from_name": name, "to_name": _SENTENCE, "type": kind, "value": value} for kind, name, value in found]

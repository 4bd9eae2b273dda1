"""From ``configs/labels.yaml`` to Label Studio's interface, and back from its answers to labels."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from corpus.labels import Labels, Question

SKIP = "skip_reason"
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
.sl-skip, .sl-skip * { color: #6b7280; }
.sl-definitions { margin-top: 1.5rem; }
.lsf-root_mode_labelstream .lsf-sidepanels__wrapper { display: none; }
.lsf-root_mode_labelstream .lsf-sidepanels { padding-right: 0 !important; }
"""


def interface_xml(labels: Labels) -> str:
    """The labeling interface: context, the sentence, each enabled question with its keys, reasons to skip, definitions.

    Task data must hold the strings ``text``, ``title``, ``date``, ``before`` and ``after``.
    """
    keys = labels.hotkeys
    view = ElementTree.Element("View", className="sl-page")
    ElementTree.SubElement(view, "Style").text = _STYLE + _colours(labels)
    _text(view, "sl-meta", "title", "date")
    _text(view, "sl-context", "before")
    _text(view, "sl-sentence", _SENTENCE)
    _text(view, "sl-context", "after")
    for number, (name, question) in enumerate(labels.enabled.items()):
        block = ElementTree.SubElement(view, "View", className=f"sl-question sl-q{number}")
        ElementTree.SubElement(block, "Header", value=question.title or name, size="5", underline="false")
        choices = _choices(block, name, required=True)
        for label, spec in question.labels.items():
            choice = _choice(choices, label, keys.get((name, label), ""))
            if spec.definition:
                choice.set("hint", " ".join(spec.definition.split()))
    if labels.skip_reasons:
        block = ElementTree.SubElement(view, "View", className="sl-question sl-skip")
        ElementTree.SubElement(block, "Header", value="Only to skip: why? Then Skip", size="6", underline="false")
        choices = _choices(block, SKIP, required=False)
        for reason in labels.skip_reasons:
            _choice(choices, reason, keys.get((SKIP, reason), ""))
    _definitions(view, labels)
    return ElementTree.tostring(view, encoding="unicode")


def _colours(labels: Labels) -> str:
    """A rule for each label; Label Studio gives a choice no class of its own, so it is found by its place."""
    return "".join(
        f".sl-q{number} .lsf-choice:nth-child({place}) label {{ border-bottom-color: {labels.colour(name, label)}; }}\n"
        for number, (name, question) in enumerate(labels.enabled.items())
        for place, label in enumerate(question.labels, start=1)
    )


def _text(parent: ElementTree.Element, css: str, *names: str) -> None:
    block = ElementTree.SubElement(parent, "View", className=css)
    for name in names:
        ElementTree.SubElement(block, "Text", name=name, value=f"${name}", selectionEnabled="false")


def _choices(parent: ElementTree.Element, name: str, *, required: bool) -> ElementTree.Element:
    found = ElementTree.SubElement(
        parent, "Choices", name=name, toName=_SENTENCE, choice="single-radio", showInline="true"
    )
    if required:
        found.set("required", "true")
        found.set("requiredMessage", f"Please answer: {name}")
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
    """Question -> labels of an interface, reasons to skip left out; what must not change under annotations.

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
        if choices.get("name") != SKIP
    }


def answers(result: list[Mapping[str, Any]]) -> dict[str, str]:
    """Question -> label chosen, from an annotation's ``result``; other kinds of regions are passed over."""
    found = {}
    for region in result:
        chosen = region.get("value", {}).get("choices") if region.get("type") == "choices" else None
        if chosen:
            found[str(region["from_name"])] = str(chosen[0])
    return found


def result(given: Mapping[str, str]) -> list[dict[str, Any]]:
    """The ``result`` of an annotation with the label given to each question; the inverse of :func:`answers`."""
    return [
        {"from_name": name, "to_name": _SENTENCE, "type": "choices", "value": {"choices": [label]}}
        for name, label in given.items()
    ]

"""From the label configuration to Label Studio's interface, and from its answers back."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from label_studio_sdk.label_interface import LabelInterface

from corpus.console import ROOT
from corpus.labels import COMMENT, CONFIDENCE, EVIDENCE, SKIP, Labels, load_labels
from labeling.questions import answers, interface_xml, label_set, notes, result
from labeling.regions import well_formed

MINIMAL = Labels.model_validate({"questions": {"view": {"labels": {"agree": {}, "neutral": {}, "disagree": {}}}}})
PROJECT = load_labels(ROOT / "configs" / "labels.yaml")
HOSTILE = "\"><View name='x'>&amp;&lt;]]><!-- </View>\n\u202eRTL\u202c $text"

# What XML 1.0 can hold: a configuration with other characters is no YAML either.
words = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), min_size=1, max_size=12
).filter(lambda text: text == text.strip() and "\ufffe" not in text and "\uffff" not in text)


def parsed(xml: str) -> ElementTree.Element:
    return ElementTree.fromstring(xml)  # noqa: S314 - our own


def choices(xml: str) -> dict[str, list[ElementTree.Element]]:
    return {found.get("name"): list(found.iter("Choice")) for found in parsed(xml).iter("Choices")}


def tags(xml: str) -> list[str]:
    return [element.tag for element in parsed(xml).iter()]


def with_text(text: str) -> Labels:
    spec = {"definition": text}
    return Labels.model_validate(
        {
            "questions": {"q": {"title": text, "definition": text, "labels": {text: spec, f"{text}2": spec}}},
            "skip_reasons": [text],
        }
    )


@pytest.mark.parametrize("labels", [MINIMAL, PROJECT, with_text(HOSTILE)], ids=["minimal", "project", "hostile"])
def test_label_studio_takes_the_interface(labels):
    interface = LabelInterface(interface_xml(labels))
    interface.validate()
    assert {name for control in interface.controls for name in control.to_name} == {"text"}
    assert {control.name for control in interface.controls} == {*labels.enabled, SKIP, COMMENT}


@pytest.mark.parametrize("labels", [MINIMAL, PROJECT], ids=["minimal", "project"])
def test_every_choice_has_its_key_and_every_question_is_required(labels):
    xml = interface_xml(labels)
    found = choices(xml)
    given_keys = {(q, c.get("value")): c.get("hotkey") for q, made in found.items() for c in made}
    assert given_keys == labels.hotkeys
    assert len(set(given_keys.values())) == len(given_keys)
    required = {e.get("name"): e.get("required") for e in parsed(xml).iter("Choices")}
    assert required == dict.fromkeys(labels.enabled, "true") | {SKIP: None}
    assert all(e.get("choice") == "single-radio" for e in parsed(xml).iter("Choices"))


def test_a_question_that_is_off_is_absent():
    assert not PROJECT.questions["source_side"].enabled
    assert "source_side" not in interface_xml(PROJECT)
    assert list(choices(interface_xml(PROJECT))) == ["stance", "source_type", SKIP]


def test_definitions_are_in_the_page_only_where_there_are_some():
    assert "Collapse" not in tags(interface_xml(MINIMAL))
    shown = [e.get("value") for e in parsed(interface_xml(PROJECT)).iter("Header")]
    for question in PROJECT.enabled.values():
        for label, spec in question.labels.items():
            assert f"{label}: {' '.join(spec.definition.split())}" in shown


def test_nothing_of_outlet_or_byline_is_shown():
    shown = {e.get("value") for e in parsed(interface_xml(PROJECT)).iter("Text")}
    assert shown == {"$title", "$date", "$before", "$text", "$after"}


@given(words)
def test_any_text_survives_and_adds_no_element(text):
    labels, plain = with_text(text), with_text("x")
    xml = interface_xml(labels)
    assert label_set(xml) == {"q": [text, f"{text}2"]}
    assert choices(xml)[SKIP][0].get("value") == text
    if text.split():
        assert tags(xml) == tags(interface_xml(plain))


def test_hostile_text_is_only_text():
    xml = interface_xml(with_text(HOSTILE))
    assert tags(xml) == tags(interface_xml(with_text("x")))
    assert [c.get("value") for c in choices(xml)["q"]] == [HOSTILE, f"{HOSTILE}2"]


def test_a_colour_cannot_leave_its_rule():
    style = parsed(interface_xml(PROJECT)).find("Style").text
    for number, (name, question) in enumerate(PROJECT.enabled.items()):
        for place, label in enumerate(question.labels, 1):
            colour = PROJECT.colour(name, label)
            assert f".sl-q{number} .lsf-choice:nth-child({place}) label {{ border-bottom-color: {colour}; }}" in style


def test_label_set_is_the_inverse():
    for labels in (MINIMAL, PROJECT):
        expected = {name: list(question.labels) for name, question in labels.enabled.items()}
        assert label_set(interface_xml(labels)) == expected
    assert label_set("<View/>") == {}
    with pytest.raises(ValueError, match="is not XML"):
        label_set("<View>")


EVERYTHING = Labels.model_validate(
    {
        "questions": {"view": {"labels": {"agree": {}, "disagree": {}}}},
        "evidence": True,
        "confidence": ["unsure", "sure"],
    }
)


def test_what_may_be_added_is_optional_has_keys_and_is_no_question():
    xml = interface_xml(EVERYTHING)
    LabelInterface(xml).validate()
    assert label_set(xml) == {"view": ["agree", "disagree"]}
    assert [c.get("hotkey") for c in choices(xml)[CONFIDENCE]] == ["5", "6"]
    assert parsed(xml).find(".//Labels/Label").get("hotkey") == "7"
    optional = [e for e in parsed(xml).iter() if e.get("name") in (COMMENT, CONFIDENCE, EVIDENCE, SKIP)]
    assert [e.get("required") for e in optional] == [None] * 4
    selectable = [e.get("name") for e in parsed(xml).iter("Text") if e.get("selectionEnabled") != "false"]
    assert selectable == ["text"]


def test_what_was_added_comes_back():
    found = [
        {"from_name": EVIDENCE, "type": "labels", "value": {"start": 9, "end": 14, "text": "later", "labels": ["e"]}},
        {"from_name": EVIDENCE, "type": "labels", "value": {"start": 0, "end": 5, "text": "first", "labels": ["e"]}},
        {"from_name": COMMENT, "type": "textarea", "value": {"text": ["two <b>", "lines"]}},
        {"from_name": CONFIDENCE, "type": "choices", "value": {"choices": ["sure"]}},
        *result({"view": "agree"}),
    ]
    assert notes(found) == {
        EVIDENCE: [[0, 5, "first"], [9, 14, "later"]], COMMENT: "two <b>\nlines", CONFIDENCE: "sure",
    }  # fmt: skip
    assert notes(result({"view": "agree"})) == {}
    assert answers(found)["view"] == "agree"


@given(st.dictionaries(words, words, max_size=4))
def test_answers_are_the_inverse_of_result(given):
    assert answers(result(given)) == given


def test_results_are_what_label_studio_accepts():
    interface = LabelInterface(interface_xml(MINIMAL))
    assert interface.validate_annotation({"result": result({"view": "agree"})})
    assert not interface.validate_annotation({"result": result({"view": "perhaps"})})


def test_other_regions_and_empty_choices_are_no_answer():
    odd = [
        {"type": "labels", "from_name": "q", "value": {"labels": ["a"]}},
        {"type": "choices", "from_name": "q", "value": {"choices": []}},
        {"type": "relation", "from_id": "1", "to_id": "2"},
    ]
    assert answers([*odd, *result({"view": "agree"})]) == {"view": "agree"}


@pytest.mark.parametrize(
    "region",
    [
        None, "a", [], {}, {"type": "choices"}, {"type": ["choices"], "from_name": "view", "value": {"choices": ["a"]}},
        {"type": "choices", "value": {"choices": ["a"]}},
        {"type": "choices", "from_name": ["view"], "value": {"choices": ["a"]}},
        {"type": "choices", "from_name": "view", "to_name": 1, "value": {"choices": ["a"]}},
        *({"type": "choices", "from_name": "view", "value": value} for value in (
            None, "x", ["a"], {}, {"choices": "agree"}, {"choices": {"a": 1}}, {"choices": [{"a": 1}]},
            {"choices": [1]}, {"choices": ["a", "b"]}, {"choices": ["agree\0"]}, {"choices": ["\ud800"]},
        )),
        *({"type": "textarea", "from_name": COMMENT, "value": value} for value in (
            {}, {"text": 5}, {"text": "said"}, {"text": [5]}, {"text": ["\0"]},
        )),
        *({"type": "labels", "from_name": EVIDENCE, "value": value} for value in (
            {}, {"start": "x", "end": 2}, {"start": 0}, {"start": 0, "end": 2.5}, {"start": 0, "end": True},
            {"start": 0, "end": 2, "text": ["x"]},
        )),
        {"type": "choices", "from_name": CONFIDENCE, "value": {"choices": "sure"}},
        {"type": "rating", "from_name": "stars", "value": 5},
    ],
    ids=repr,
)  # fmt: skip
def test_a_part_of_another_form_is_no_answer_and_takes_no_other_with_it(region):
    found = [region, *result({"view": "agree"}, {COMMENT: "why"}), region]
    assert not well_formed(region)
    assert (answers(found), notes(found)) == ({"view": "agree"}, {COMMENT: "why"})


def test_what_the_page_sends_is_well_formed():
    sent = result({"view": "agree"}, {COMMENT: "why", CONFIDENCE: "sure", EVIDENCE: [[0, 5, "words"]]})
    others = [
        {"type": "relation", "from_id": "1", "to_id": "2", "direction": "right"},
        {"type": "rating", "from_name": "stars", "to_name": "text", "value": {"rating": 5}},
        {"type": "choices", "from_name": "view", "to_name": "text", "value": {"choices": []}, "origin": "manual"},
    ]
    assert all(map(well_formed, [*sent, *others]))
    assert notes([*sent, *others]) == {COMMENT: "why", CONFIDENCE: "sure", EVIDENCE: [[0, 5, "words"]]}

"""The guideline page and its summary for Label Studio."""

import re
from html import unescape
from pathlib import Path

import pytest

from corpus.labels import Labels, load_labels
from labeling.guideline import guideline_html, guideline_summary_html

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>alert('x')</script>\"&"


@pytest.fixture(scope="module")
def project() -> Labels:
    return load_labels(ROOT / "configs" / "labels.yaml")


@pytest.fixture(scope="module")
def page(project) -> str:
    return guideline_html(project)


def minimal(**label) -> Labels:
    return Labels.model_validate({"questions": {"view": {"labels": {"agree": label, "disagree": {}}}}})


def text_of(html: str) -> str:
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_page_holds_every_word_of_the_enabled_questions(project, page):
    shown = text_of(page)
    assert project.version in shown
    for question in project.enabled.values():
        for label, spec in question.labels.items():
            assert label in shown
            for text in (spec.definition, *spec.belongs, *spec.examples):
                assert squeezed(text) in shown
            for text in spec.counter_examples:
                sentence, _, why = text.removesuffix("]").rpartition(" [")
                assert f"{squeezed(sentence)} {squeezed(why)}" in shown


def test_page_holds_worked_examples_and_lists_the_disputable_ones(project, page):
    shown = text_of(page)
    for example in project.worked_examples:
        assert squeezed(example.text) in shown
        assert squeezed(example.rule) in shown
        assert squeezed(example.disputable) in shown
    disputable = [str(n) for n, example in enumerate(project.worked_examples, 1) if example.disputable]
    assert len(disputable) >= 3
    assert re.findall(r'<a href="#example-(\d+)">', page) == disputable
    assert all(page.count(f'id="example-{number}"') == 1 for number in disputable)


def test_every_link_in_the_page_leads_somewhere(page):
    targets = re.findall(r'href="#([^"]+)"', page)
    assert len(targets) > 6
    assert [target for target in targets if f'id="{target}"' not in page] == []


def test_key_map_shows_each_answer_beside_its_key(project, page):
    for (_, answer), key in project.hotkeys.items():
        assert re.search(rf"<kbd>{key}</kbd><span[^>]*>(<i [^>]*></i>)?{re.escape(answer)}</span>", page), answer


def test_questions_that_are_off_are_not_in_the_page(project, page):
    assert project.questions["source_side"].title not in page
    assert "source side</span>" not in page


def test_page_asks_for_nothing_and_runs_nothing(page):
    assert "http:" not in page
    assert "https:" not in page
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(| src=| on\w+=", page)


def test_hostile_text_is_escaped_everywhere():
    labels = Labels.model_validate(
        {
            "questions": {
                "view": {
                    "title": HOSTILE,
                    "definition": HOSTILE,
                    "labels": {
                        HOSTILE: {
                            "definition": HOSTILE,
                            "belongs": [HOSTILE],
                            "examples": [HOSTILE],
                            "counter_examples": [HOSTILE, f"{HOSTILE} [{HOSTILE}]"],
                        },
                        "b": {},
                    },
                }
            },
            "skip_reasons": [HOSTILE],
            "guideline": f"## {HOSTILE}\n- {HOSTILE}\n\n{HOSTILE}",
            "worked_examples": [
                {"text": HOSTILE, "answers": {"view": HOSTILE}, "rule": HOSTILE, "disputable": HOSTILE}
            ],
        }
    )
    for html in (guideline_html(labels), guideline_summary_html(labels)):
        assert "<script" not in html
        assert "&lt;script&gt;" in html


def test_minimal_labels_leave_the_empty_sections_out():
    page = guideline_html(minimal())
    assert "<kbd>1</kbd>" in page
    assert "<table>" not in page
    for anchor in ("task", "examples", "disputable"):
        assert f'id="{anchor}"' not in page
        assert f'href="#{anchor}"' not in page


def test_a_definition_alone_makes_the_table():
    page = guideline_html(minimal(definition="Says yes."))
    assert page.count("<table>") == 1
    assert "Says yes." in page


def test_guideline_text_becomes_headings_lists_and_paragraphs():
    base = minimal().model_dump()
    page = guideline_html(
        Labels.model_validate({**base, "guideline": "## Head\nOne\ntwo.\n\nThree.\n- a\n- b\n\n- c\n"})
    )
    written = re.sub(r"\s*\n\s*", "", page)
    assert "<h3>Head</h3><p>One two.</p><p>Three.</p><ul><li>a</li><li>b</li></ul><ul><li>c</li></ul>" in written


def test_summary_is_what_label_studio_keeps_of_it(project):
    """The server cleans instructions with bleach; a push compares, so nothing may be cleaned away."""
    bleach = pytest.importorskip("bleach")
    source = pytest.importorskip("label_studio").__path__[0]
    constants: dict[str, list[str]] = {}
    exec((Path(source) / "constants.py").read_text(encoding="utf-8"), constants)  # noqa: S102 - Django is not set up here
    summary = guideline_summary_html(project)
    tags, attributes = constants["SAFE_HTML_TAGS"], constants["SAFE_HTML_ATTRIBUTES"]
    assert bleach.clean(summary, tags=tags, attributes=attributes) == summary


def test_summary_holds_definitions_keys_and_version(project):
    shown = text_of(guideline_summary_html(project))
    assert project.version in shown
    assert "Ctrl+Enter submit" in shown
    for (question, answer), key in project.hotkeys.items():
        assert f"{key} {answer}" in shown
        if question in project.questions:
            assert squeezed(project.questions[question].labels[answer].definition) in shown


def test_summary_holds_the_whole_guideline_without_line_breaks_between_tags(project):
    summary = guideline_summary_html(project)
    shown = text_of(summary)
    for line in project.guideline.splitlines():
        assert squeezed(line.removeprefix("## ").removeprefix("- ")) in shown
    for example in project.worked_examples:
        assert squeezed(example.text) in shown
        assert squeezed(example.rule) in shown
    for key in ("?", ",", ".", ";"):
        assert f"<code>{key}</code>" in summary
    assert ">\n<" not in summary

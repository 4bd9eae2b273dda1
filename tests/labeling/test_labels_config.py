"""configs/labels.yaml and what a label configuration may hold; every file in configs/ loads."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from corpus.config import Settings, load
from corpus.errors import ConfigError
from corpus.labels import Labels, load_labels
from corpus.settings import CorpusSettings
from labeling.exchange.label_studio import flat
from labeling.gold import adjudicate
from labeling.questions import interface_xml
from labeling.settings import LabelingSettings
from labeling.studio.task_data import task_data
from train.settings import TrainSettings

ROOT = Path(__file__).parents[2]
CONFIGS: dict[str, type[Settings]] = {
    "corpus.yaml": CorpusSettings,
    "labeling.yaml": LabelingSettings,
    "labels.yaml": Labels,
    "train.yaml": TrainSettings,
}

MINIMAL = """
questions:
  stance:
    labels:
      pro-Russia: {hotkey: "1"}
      pro-US: {}
      neutral: {}
    sides: [pro-Russia, pro-US]
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "labels.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def project() -> Labels:
    return load_labels(ROOT / "configs" / "labels.yaml")


def test_every_configuration_file_is_in_the_table():
    assert sorted(CONFIGS) == sorted(path.name for path in (ROOT / "configs").glob("*.y*ml"))


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_every_configuration_file_loads(name):
    assert load(ROOT / "configs" / name, CONFIGS[name])


def test_minimal_form_gets_keys_and_colours(write):
    labels = load_labels(write(MINIMAL))
    assert [labels.hotkeys["stance", name] for name in ("pro-Russia", "pro-US", "neutral")] == ["1", "2", "3"]
    assert len({labels.colour("stance", name) for name in labels.questions["stance"].labels}) == 3
    assert labels.skip_reasons == ("off topic", "unintelligible")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    sides:", "    side:", r"labels\.yaml: questions\.stance\.side: unknown key; allowed: .*sides"),
        (
            "pro-US: {}",
            "pro-US: {color: red}",
            r"questions\.stance\.labels\.pro-US\.color: unknown key; allowed: .*colour",
        ),
        ("pro-US: {}", "pro-Russia: {}", r"line 6: .*key 'pro-Russia' is written twice"),
        ("pro-US: {}", 'pro-US: {hotkey: "1"}', r"hotkey '1' stands for both stance\.pro-Russia and stance\.pro-US"),
        (
            "pro-US: {}",
            "pro-US: {hotkey: ctrl}",
            r"a hotkey is one digit or one letter of the Latin alphabet, got 'ctrl'",
        ),
        ("pro-US: {}", "pro-US: {colour: blue}", r"questions\.stance\.labels\.pro-US\.colour: .*got 'blue'"),
        (
            "[pro-Russia, pro-US]",
            "[pro-Russia, pro-EU]",
            r"sides must be two of the labels pro-Russia, pro-US, neutral",
        ),
        ("      pro-US: {}\n      neutral: {}\n", "", r"a question needs at least two labels, has 1"),
        ("  stance:\n", "  stance:\n    enabled: false\n", r"no question is enabled"),
        (
            "questions:",
            "worked_examples: [{text: A, answers: {stance: left}, rule: R}]\nquestions:",
            r"no label 'left'",
        ),
    ],
)
def test_a_mistake_is_named(write, old, new, message):
    assert old in MINIMAL
    with pytest.raises(ConfigError, match=message):
        load_labels(write(MINIMAL.replace(old, new)))


def test_keys_that_differ_in_case_only_collide(write):
    text = MINIMAL.replace('hotkey: "1"', 'hotkey: "a"').replace("pro-US: {}", 'pro-US: {hotkey: "A"}')
    with pytest.raises(ConfigError, match="hotkey 'a' stands for both"):
        load_labels(write(text))


def test_project_asks_stance_and_source_type_and_keeps_source_side_off(project):
    assert list(project.questions) == ["stance", "source_type", "source_side"]
    assert list(project.enabled) == ["stance", "source_type"]
    assert list(project.questions["stance"].labels) == ["pro-Russia", "pro-US", "neutral"]
    assert project.questions["stance"].sides == ("pro-Russia", "pro-US")


def test_no_two_labels_share_a_key_even_with_every_question_on(project):
    keys = [label.hotkey for question in project.questions.values() for label in question.labels.values()]
    assert len(set(keys)) == len(keys) == 15
    assert "u" not in keys, "Label Studio's text page takes u for itself"


def test_every_label_is_defined_with_examples_and_counter_examples(project):
    for name, question in project.questions.items():
        assert question.title, name
        assert question.definition, name
        for label, spec in question.labels.items():
            assert spec.definition, (name, label)
            assert spec.colour, (name, label)
            assert len(spec.examples) >= 2, (name, label)
            assert len(spec.counter_examples) >= 2, (name, label)


def test_counter_examples_say_which_label_is_right(project):
    for name, question in project.questions.items():
        answers = [*question.labels, *(f"skipped as {reason}" for reason in project.skip_reasons)]
        for label, spec in question.labels.items():
            for text in spec.counter_examples:
                verdict = text.rpartition("[")[2]
                right = [answer for answer in answers if verdict.startswith(answer)]
                assert right, (name, label, text)
                assert label not in right, (name, label, text)


def test_worked_examples_are_the_users_sentences_in_order(project):
    lines = (ROOT / "corpus" / "sample" / "seed.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 15
    assert [example.text for example in project.worked_examples] == lines
    for example in project.worked_examples:
        assert set(example.answers) == set(project.questions), example.text
        assert example.rule


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "questionz: {stance: {labels: {a: {}, b: {}}}}",
            "questionz: unknown key; allowed: comment, confidence, evidence, guideline, questions",
        ),
        ("questions: {stance: {labelz: {a: {}, b: {}}}}", "questions.stance.labelz: unknown key; allowed: "),
        ("guideline: hello", "questions: this key is required, and missing"),
        (
            "questions: {stance: {labels: [a, b]}}",
            "questions.stance.labels: expected `key: value` pairs, got ['a', 'b']",
        ),
        (
            "questions: {stance: {labels: {yes: {}, no: {}}}}",
            "questions.stance.labels.1: expected text, got True: put it in quotes",
        ),
        (
            "questions: {stance: {labels: {a: {colour: red}, b: {}}}}",
            "colour: a colour is # and six hexadecimal digits",
        ),
    ],
)
def test_what_is_wrong_is_said_in_words(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "labels.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_labels(path)
    assert told in str(error.value)
    assert "{'" not in str(error.value)


def test_what_came_later_leaves_the_version_of_older_label_sets_alone() -> None:
    plain = {"questions": {"view": {"labels": {"a": {}, "b": {}}}}}
    before = Labels.model_validate(plain).version
    assert before == "858458abe1c2"
    trained = plain | {"training": [{"text": "One.", "answers": {"view": "a"}, "rule": "Because."}]}
    assert Labels.model_validate(trained).version == before
    for more in ({"comment": False}, {"evidence": True}, {"confidence": ["sure", "unsure"]}):
        assert Labels.model_validate(plain | more).version != before


def test_a_training_sentence_answers_every_question_that_is_asked() -> None:
    questions = {"view": {"labels": {"a": {}, "b": {}}}, "tone": {"labels": {"c": {}, "d": {}}}}
    training = [{"text": "One.", "answers": {"view": "a"}, "rule": "Because."}]
    with pytest.raises(ValueError, match="has no answer to tone"):
        Labels.model_validate({"questions": questions, "training": training})


@pytest.mark.parametrize("key", ["?", ",", ".", ";", "u", "U"])
def test_the_keys_of_the_page_are_no_hotkeys(key: str) -> None:
    with pytest.raises(ValueError, match="the page uses"):
        Labels.model_validate({"questions": {"view": {"labels": {"a": {"hotkey": key}, "b": {}}}}})


@pytest.mark.parametrize("key", ["!", "(", "+", "/", "\u0436", "\u00b2", "\u0131", " "])
def test_keys_that_label_studio_would_take_for_others_are_no_hotkeys(key: str) -> None:
    with pytest.raises(ValueError, match="one digit or one letter"):
        Labels.model_validate({"questions": {"view": {"labels": {"a": {"hotkey": key}, "b": {}}}}})


def test_no_question_is_named_as_something_else_on_the_page_or_in_an_exported_record() -> None:
    about = {"evidence": True, "confidence": ["sure", "unsure"]}
    labels = Labels.model_validate({"questions": {"view": {"labels": {"a": {}, "b": {}}}}} | about)
    pages = (interface_xml(labels), adjudicate.interface(labels, "view"))
    taken = {name for page in pages for name in re.findall(r' name="(\w+)"', page)}
    row = dict.fromkeys(("sentence_id", "text", "title", "published_at", "before", "after", "target", "target_start"))
    taken |= set(task_data(row, item="i"))
    answer = defaultdict(lambda: "x", state="submitted", question="view", evidence=[[0, 1, "x"]])
    (record,) = flat(iter([answer]))
    taken |= set(record)
    assert len(taken) > 15
    for name in taken - {"view"}:
        with pytest.raises(ValueError, match=f"question name '{name}' stands for something else"):
            Labels.model_validate({"questions": {name: {"labels": {"a": {}, "b": {}}}}})

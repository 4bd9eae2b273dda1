"""The questions that annotators answer and the labels they choose from: ``configs/labels.yaml`` as checked records."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import field_validator, model_validator

from corpus.config import Settings, load
from corpus.errors import UsageError, listed

# Keys for labels that name none, in the order of the labels across all questions; no other can be written. Left out: u,
# the one letter that Label Studio 1.23's text page takes for itself. Label Studio looks for a character's number among
# the numbers of keys: its "!" is the key Page Up, its "(" the arrow down, and its "ж" no key at all.
_KEYS = "1234567890qwertyiopasdfghjklzxcvbnm"
# Keys that our page keeps for itself: guideline, back, forward, comment.
PAGE_KEYS = {"guideline": "?", "back": ",", "forward": ".", "comment": ";"}
# Controls of the page that are no questions.
SKIP, CONFIDENCE, COMMENT, EVIDENCE = "skip_reason", "confidence", "comment", "evidence"
# What a question would collide with: these controls, what a task shows, and the keys beside the answers in an exported
# record (JSON_MIN has both in one object).
_TAKEN = (
    SKIP, CONFIDENCE, COMMENT, EVIDENCE, "text", "title", "date", "before", "after", "votes", "item", "sentence_id",
    "id", "annotator", "annotation_id", "kind", "cue", "suggestion", "labels_version", "created_at", "updated_at",
    "lead_time",
)  # fmt: skip
# Colours for labels that name none: the Okabe-Ito palette, told apart by people who do not see red and green.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#666666")

_HEXADECIMAL = re.compile("#[0-9A-Fa-f]{6}")


class Label(Settings):
    """One answer: how it is chosen, shown and defined; ``belongs`` lists names that it covers by decision."""

    hotkey: str = ""
    colour: str = ""
    definition: str = ""
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    belongs: tuple[str, ...] = ()

    @field_validator("hotkey", mode="before")
    @classmethod
    def _digit_is_a_key(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value

    @field_validator("colour")
    @classmethod
    def _hexadecimal(cls, value: str) -> str:
        if value and not _HEXADECIMAL.fullmatch(value):
            raise ValueError("a colour is # and six hexadecimal digits, as in '#0072B2'")
        return value

    @field_validator("hotkey")
    @classmethod
    def _one_key(cls, value: str) -> str:
        if value in (taken := (*PAGE_KEYS.values(), "u", "U")):
            raise ValueError(f"{value!r} is taken: the page uses {listed(taken[:-1])} for itself")
        if value and (len(value) != 1 or value.lower() not in _KEYS):
            raise ValueError("a hotkey is one digit or one letter of the Latin alphabet")
        return value


class Question(Settings):
    """One question: its labels in order (which is also the order for ordinal agreement), and the two sides, if any."""

    title: str = ""
    definition: str = ""
    enabled: bool = True
    labels: Mapping[str, Label]
    sides: tuple[str, str] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.labels) < 2:
            raise ValueError(f"a question needs at least two labels, has {len(self.labels)}")
        for name in self.labels:
            if not name.strip() or name != name.strip():
                raise ValueError(f"label {name!r} is empty or begins or ends with white space")
        if self.sides and (self.sides[0] == self.sides[1] or not set(self.sides) <= set(self.labels)):
            raise ValueError(f"sides must be two of the labels {listed(self.labels)}, got {listed(self.sides)}")
        return self


class WorkedExample(Settings):
    """A sentence with its answers and the rule that decides them, for the guideline."""

    text: str
    answers: Mapping[str, str]
    rule: str
    disputable: str = ""


class Labels(Settings):
    """Everything an annotator is asked, and what the guideline says about it.

    Beside the questions the page may take a free ``comment``, the words that decided (``evidence``), and how sure the
    annotator is (``confidence``, the answers to choose from). ``training`` is the round before real work: sentences
    with known answers, and for each the rule that is shown after an answer.
    """

    questions: Mapping[str, Question]
    skip_reasons: tuple[str, ...] = ("off topic", "unintelligible")
    comment: bool = True
    evidence: bool = False
    confidence: tuple[str, ...] = ()
    guideline: str = ""
    worked_examples: tuple[WorkedExample, ...] = ()
    training: tuple[WorkedExample, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.enabled:
            raise ValueError("no question is enabled")
        for name in self.questions:
            if not name.isidentifier():
                raise ValueError(f"question name {name!r} must be letters, digits and '_', and begin with no digit")
            if name in _TAKEN:
                raise ValueError(
                    f"question name {name!r} stands for something else on the page or in exported answers; choose "
                    f"another, and none of {listed(_TAKEN, len(_TAKEN))}"
                )
        keys: dict[str, str] = {}
        for question, label, key in self._written_keys():
            # Label Studio takes a and A for the same key.
            if (key := key.lower()) in keys:
                raise ValueError(f"hotkey {key!r} stands for both {keys[key]} and {question}.{label}")
            keys[key] = f"{question}.{label}"
        for example in (*self.worked_examples, *self.training):
            for question, label in example.answers.items():
                self.check(question, label)
        for example in self.training:
            if missing := [name for name in self.enabled if name not in example.answers]:
                raise ValueError(f"training sentence {example.text[:60]!r} has no answer to {listed(missing)}")
        return self

    def _written_keys(self) -> list[tuple[str, str, str]]:
        return [
            (q, n, la.hotkey) for q, question in self.enabled.items() for n, la in question.labels.items() if la.hotkey
        ]

    @property
    def enabled(self) -> dict[str, Question]:
        """The questions that are asked, in order."""
        return {name: question for name, question in self.questions.items() if question.enabled}

    @property
    def hotkeys(self) -> dict[tuple[str, str], str]:
        """The key of each (question, label); written ones first, then the next free ones in order.

        Reasons to skip stand after them, as answers to ``skip_reason``, then those to ``confidence``, then the key that
        marks ``evidence``. What comes past the last free key gets none.
        """
        keys = {(question, label): key for question, label, key in self._written_keys()}
        free = iter(key for key in _KEYS if key not in {taken.lower() for taken in keys.values()})
        wanted = [(question, label) for question, spec in self.enabled.items() for label in spec.labels]
        wanted += [(SKIP, reason) for reason in self.skip_reasons]
        wanted += [(CONFIDENCE, answer) for answer in self.confidence]
        wanted += [(EVIDENCE, EVIDENCE)] if self.evidence else []
        for answer in wanted:
            if answer not in keys and (key := next(free, "")):
                keys[answer] = key
        return keys

    def colour(self, question: str, label: str) -> str:
        """The colour of a label, as #RRGGBB."""
        spec = self.questions[question].labels
        return spec[label].colour or _COLOURS[list(spec).index(label) % len(_COLOURS)]

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change with every word under which a label can be given.

        The training round is none of them. Fields that came later count only where they say something, so that label
        sets written before keep their version.
        """
        content = self.model_dump(mode="json", exclude={"training"})
        for name in (COMMENT, EVIDENCE, CONFIDENCE):
            if getattr(self, name) == type(self).model_fields[name].default:
                del content[name]
        text = json.dumps(content, sort_keys=False, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]

    def question(self, name: str) -> Question:
        """The question ``name``, or an error that lists those there are."""
        if name not in self.questions:
            raise UsageError(f"no question {name!r} in the label configuration; there are: {listed(self.questions)}")
        return self.questions[name]

    def check(self, question: str, label: str) -> None:
        """Raise if ``label`` is not one of the labels of ``question``."""
        if question not in self.questions:
            raise ValueError(f"no question {question!r}; there are: {listed(self.questions)}")
        if label not in self.questions[question].labels:
            raise ValueError(f"{question} has no label {label!r}; there are: {listed(self.questions[question].labels)}")


def load_labels(path: Path) -> Labels:
    """Read ``labels.yaml``; see :func:`corpus.config.load` for what is raised."""
    return load(path, Labels)

"""A fitted run as an ONNX file, checked on its own rows; and what such a file answers."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corpus.errors import CheckFailed, InputError, UsageError, listed
from corpus.files import replacing
from train import encoder
from train.languages import is_latin, warn_unread
from train.texts import around, as_table, readable, shortened, span_of

if TYPE_CHECKING:
    from train.run import Run

# Probabilities of the file and of the run may differ by this. Where they do, the last digit of a 16-bit vector was
# rounded the other way; the labels must be the same.
TOLERANCE = 1e-3
_WORD = re.compile(r"(?u)\b\w+\b")


@dataclass(frozen=True)
class Exported:
    """An ONNX file of a run, ready to answer.

    Parameters
    ----------
    data : bytes
        Its content.
    path : Path, optional
        Where it is.
    """

    data: bytes
    path: Path = Path()

    @cached_property
    def _session(self) -> Any:
        return encoder.session(self.data)

    @cached_property
    def about(self) -> dict[str, Any]:
        """What is written in it: run, question, classes, how its texts are read."""
        found: dict[str, Any] = json.loads(self._session.get_modelmeta().custom_metadata_map["stancelab"])
        return found

    @property
    def id(self) -> str:
        """The run that it was exported from."""
        return str(self.about["run"])

    @property
    def questions(self) -> tuple[str, ...]:
        """The one that it answers."""
        return (str(self.about["question"]),)

    @property
    def classes_(self) -> tuple[str, ...]:
        """Labels, sorted."""
        return tuple(self.about["classes"])

    @property
    def english(self) -> bool:
        """Whether its encoder is that of the package, which reads English."""
        return bool(self.about["english"])

    @cached_property
    def model_sha256(self) -> str:
        """The hash of its content."""
        return hashlib.sha256(self.data).hexdigest()

    def answerers(self) -> dict[str, "Exported"]:
        """Itself, by its question: what :meth:`train.run.Run.answerers` is of a run."""
        return dict.fromkeys(self.questions, self)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """What the graph is given."""
        return tuple(one.name for one in self._session.get_inputs())

    @cached_property
    def _tokenizer(self) -> Any:
        return encoder.tokenizer_of(self.about["tokenizer"].encode("utf-8"))

    def given(self, text: str, target: str, start: float = np.nan) -> dict[str, NDArray[Any]]:
        """The inputs of the graph for one sentence, and perhaps its target and where in the text this begins."""
        plain = readable(text).lower()
        # Each word between two spaces, as scikit-learn counts pieces of words: what lies across two words holds two
        # spaces, and is no piece of any.
        padded = "".join(f" {word} " for word in plain.split())
        found = {
            "words": np.array(_WORD.findall(plain), dtype=object),
            "characters": np.array([ord(letter) for letter in padded], dtype=np.int64),
            "target": np.array([target.strip().lower()], dtype=object),
        }
        if self.about["tokenizer"]:
            found |= self._tokens(text, target.strip(), start)
        return {name: found[name] for name in self.inputs}

    def _tokens(self, text: str, target: str, start: float) -> dict[str, NDArray[Any]]:
        read = is_latin(text) or not self.about["english"]
        if self.about["pair"]:
            encoded, marked = self._tokenizer.encode(shortened(text), shortened(target) if target else None), None
        else:
            text = text if read else ""
            encoded, marked = self._tokenizer.encode(shortened(text)), span_of(text, target, start)
        places = np.array(encoded.offsets, dtype=np.int64).reshape(-1, 2)
        focus = np.array(around(places, () if marked is None else (marked,)), dtype=np.float64)
        return {"ids": np.array(encoded.ids, dtype=np.int64), "focus": focus, "read": np.array([read])}

    def predict(self, sentences: Any, advance: Callable[[int], None] = lambda n: None) -> pd.DataFrame:
        """Labels and probabilities, as those of the run.

        Parameters
        ----------
        sentences : iterable of str, or pandas.DataFrame
            As of :meth:`train.Model.predict`.
        advance : callable
            Called with 1 for each.

        Returns
        -------
        pandas.DataFrame
            Indexed 0, 1, ...: label, and p_LABEL for each label.
        """
        table, found = as_table(sentences), []
        if self.english and not table["text"].map(is_latin).all():
            warn_unread()
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for label, p in pool.map(self._answer, table["text"], table["target"], table["target_start"]):
                found.append([*p, label[0]])
                advance(1)
        return pd.DataFrame(found, columns=[*(f"p_{name}" for name in self.classes_), "label"])

    def _answer(self, text: str, target: str, start: float) -> Any:
        return self._session.run(("label", "probabilities"), self.given(text, target, start))


@dataclass(frozen=True)
class Checked:
    """What was written: where, the graph's inputs, rows it was checked on, the largest difference of a probability."""

    path: Path
    question: str
    labels: tuple[str, ...]
    inputs: tuple[str, ...]
    rows: int
    difference: float


def load(path: Path) -> Exported:
    """Read a file that :func:`export` wrote.

    Raises
    ------
    InputError
        There is none, or it is another file.
    """
    todo = "Write it with `stance train export RUN --onnx FILE`"
    if not path.is_file():
        raise InputError(path, "there is no such file", todo=todo)
    found = Exported(path.read_bytes(), path)
    try:
        found.about  # noqa: B018 - reads it
    # onnxruntime's own errors have no common base.
    except Exception as error:
        got = "it does not say what it answers" if isinstance(error, KeyError) else f"{error}".partition("\n")[0]
        raise InputError(path, f"is not an exported model ({got})", todo=todo) from None
    return found


def export(of: "Run", path: Path, question: str, advance: Callable[[int], None] = lambda n: None) -> Checked:
    """Write one question's model as an ONNX graph, if it answers all rows of the run's dataset as the run does.

    Parameters
    ----------
    of : Run
        Its dataset must be there.
    path : Path
        The file to write.
    question : str
    advance : callable
        Called with 1 for each row that was checked.

    Raises
    ------
    UsageError
        The run has no such question, or a step of its model cannot be exported: which.
    CheckFailed
        A label is another one, or a probability differs by more than :data:`TOLERANCE`; nothing is written.
    """
    from train.crossfit import predicted
    from train.export_graph import build
    from train.labelled import labelled

    models = of.models()
    if question not in models:
        raise UsageError(f"run {of.id} has no model of question {question!r}; there are: {listed(models)}")
    model, rows = models[question], labelled(of.dataset(), question).rows
    made = Exported(build(model, {"run": of.id, "question": question}))
    theirs, ours = made.predict(rows, advance), predicted(model, rows, tuple(model.classes_)).reset_index(drop=True)
    names = [f"p_{name}" for name in model.classes_]
    apart = np.abs(theirs[names].to_numpy() - ours[names].to_numpy()).max(axis=1)
    wrong = (theirs["label"] != ours["label"]).to_numpy() | ~(apart <= TOLERANCE)
    if wrong.any():
        at = int(wrong.argmax())
        raise CheckFailed(
            f"the ONNX graph of run {of.id}, {question}, answers {int(wrong.sum())} of {len(rows)} rows otherwise: "
            f"sentence {rows.index[at]} is {theirs['label'][at]}, probabilities {apart[at]:.2g} apart; the run says "
            f"{ours['label'][at]}. Nothing was written. Report it, with the versions in run.json."
        )
    with replacing(path) as beside:
        beside.write_bytes(made.data)
    labels = tuple(str(name) for name in model.classes_)
    return Checked(path, question, labels, made.inputs, len(rows), float(apart.max()))

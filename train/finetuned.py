"""An encoder fine-tuned to the labels: fitted with PyTorch, and run without it."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, compute_class_weight
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from train import encoder, finetuning
from train.calibration import calibrator
from train.kernel import held_out
from train.languages import is_latin, warn_unread
from train.texts import as_table, shortened

Array = NDArray[Any]


class FineTuned(ClassifierMixin, BaseEstimator):
    """A BERT and a linear head on the mean of its tokens, both fitted to the labels; calibrated probabilities.

    A sentence is read with its target as a pair. One part in eight of the rows is held out: it says after which pass to
    stop, and probabilities are calibrated on it.

    Parameters
    ----------
    encoder : str
        A folder with ``model.safetensors``, or "" for the encoder of the package.
    epochs : int
        Passes over the rows at most.
    rate : float
        AdamW's largest step.
    batch : int
        Rows in a step.
    parts : int
        One of so many is held out.
    random_state : int
        Fixes what is drawn. The same rows on as many processors give the same bytes.

    Attributes
    ----------
    classes_ : numpy.ndarray
        Labels, sorted.
    graph_, tokenizer_ : numpy.ndarray of uint8
        The tuned encoder as an ONNX graph of 8-bit integers, and its tokenizer's JSON: all that predicting needs.
    epochs_ : int
        The pass that was kept.
    shares_ : numpy.ndarray of shape (n_classes,)
        Of each label among the rows that were learnt from.
    """

    def __init__(
        self,
        encoder: str = "",
        epochs: int = 4,
        rate: float = 1e-4,
        batch: int = 16,
        parts: int = 8,
        random_state: int = 0,
    ) -> None:
        self.encoder = encoder
        self.epochs = epochs
        self.rate = rate
        self.batch = batch
        self.parts = parts
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None, votes: Any = None) -> "FineTuned":
        """Fine-tune on texts or a table ``X`` and labels ``y``; the other arguments as of ``SumKernelClassifier``.

        Raises
        ------
        UsageError
            PyTorch is not installed, or the encoder is no folder with weights.
        """
        # Needs `onnx`, and only this step does.
        from train import encoder_graph

        table, y = as_table(X), np.asarray(y)
        weight = _check_sample_weight(sample_weight, table, dtype=np.float64, ensure_non_negative=True)
        kept = weight > 0
        table, y, weight = table[kept], y[kept], weight[kept]
        groups, votes = (None if values is None else np.asarray(values)[kept] for values in (groups, votes))
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"Classifier can't train when only one class is present: {self.classes_.tolist()}")
        balanced = weight * compute_class_weight("balanced", classes=self.classes_, y=y, sample_weight=weight)[codes]
        goal = np.eye(len(self.classes_), dtype=np.float32)[codes] if votes is None else votes.astype(np.float32)

        folder = encoder.weights_folder(self.encoder)
        weights, shape = encoder_graph.weights_of(folder), encoder_graph.shape_of(folder)
        words = (folder / encoder.TOKENIZER).read_bytes()
        tokenizer = encoder.tokenizer_of(words)
        rows, read = self._rows(table)
        held = next(held_out(codes, groups, self.parts, self.random_state))
        tuned = finetuning.tune(
            weights, shape, [tokenizer.encode(*row).ids for row in rows], goal, balanced / balanced.mean(), held,
            epochs=self.epochs, rate=self.rate, batch=self.batch, threads=len(os.sched_getaffinity(0)),
            seed=self.random_state,
        )  # fmt: skip
        graph = encoder_graph.build(tuned.weights, shape, [shape.layers])
        self.graph_, self.tokenizer_ = (np.frombuffer(data, np.uint8) for data in (graph, words))
        self.head_, self.offset_ = tuned.head, tuned.offset
        self.epochs_ = tuned.epochs
        self.shares_ = np.bincount(codes, weight) / weight.sum()
        self.__dict__.pop("_model", None)
        # From the graph, whose integers round: what is calibrated is what will answer.
        scores = self._scores([rows[row] for row in held])
        self.neutral_ = scores.mean(axis=0)
        scores[~read[held]] = self.neutral_
        inner = list(held_out(codes[held], None if groups is None else groups[held], 5, self.random_state))
        self.calibrator_ = calibrator(scores, codes[held], weight[held], inner)
        return self

    def decision_scores(self, X: Any) -> NDArray[np.float64]:
        """Scores of the head, shape (n_rows, n_classes): log-odds as if all labels were equally frequent."""
        check_is_fitted(self)
        rows, read = self._rows(as_table(X))
        if not read.all():
            warn_unread()
        found = self._scores(rows)
        found[~read] = self.neutral_
        return found

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Calibrated probabilities, shape (n_rows, n_classes); rows sum to one."""
        found: NDArray[np.float64] = self.calibrator_.predict_proba(self.decision_scores(X))
        return found

    def predict(self, X: Any) -> NDArray[Any]:
        """The label that is most probable next to its share of the training rows: as if all were equally frequent."""
        return self.decided(self.predict_proba(X))

    def decided(self, probabilities: NDArray[np.float64]) -> NDArray[Any]:
        """What :meth:`predict` says where :meth:`predict_proba` says ``probabilities``."""
        found: NDArray[Any] = self.classes_[(probabilities / self.shares_).argmax(axis=1)]
        return found

    def _rows(self, table: pd.DataFrame) -> tuple[list[tuple[str, ...]], NDArray[np.bool_]]:
        """What the tokenizer is given for each row, and whether the encoder can read it."""
        read = np.array([bool(self.encoder) or is_latin(text) for text in table["text"]], dtype=bool)
        pairs = zip(table["text"], table["target"].str.strip(), strict=True)
        return [(shortened(text), shortened(target)) if target else (shortened(text),) for text, target in pairs], read

    def _scores(self, rows: Sequence[tuple[str, ...]]) -> NDArray[np.float64]:
        model = self._model
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            means = list(pool.map(lambda row: model.mean(*row), rows))
        # A row at a time: in one product, the last digits of a row would depend on how many are beside it.
        found = [mean.astype(np.float64) @ self.head_ + self.offset_ for mean in means]
        return np.array(found, dtype=np.float64).reshape(len(rows), len(self.classes_))

    @cached_property
    def _model(self) -> encoder.Encoder:
        return encoder.of_bytes(self.graph_.tobytes(), self.tokenizer_.tobytes())

    def __getstate__(self) -> dict[str, Any]:
        """What is saved: all but the session that runs the graph."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_model"}

    def __sklearn_tags__(self) -> Tags:
        """Say that input is text, so that scikit-learn's checks do not hand over numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        return tags

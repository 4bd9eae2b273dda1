"""What the audits of one question look at: rows with gold, held-out predictions, votes, and where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from corpus.versions.dataset import Dataset
from train.audits.standin import Standin
from train.evaluation import metrics
from train.evaluation.dependence import DEPENDENCE, units
from train.labelled import Labelled, labelled, labels_of
from train.run import Run

Codes = NDArray[np.intp]

_SOURCE_TYPE = "source_type"


@dataclass(frozen=True)
class Material:
    """One question of a run, as all audits see it.

    Parameters
    ----------
    of, dataset : Run, Dataset
        The run and its dataset version.
    data : Labelled
        The question's rows with gold.
    model : Pipeline or None
        The fitted model; None where none could be fitted.
    rows : pandas.DataFrame
        ``data.rows`` and for each: predicted and p_LABEL (from a model that has not seen the row; null where there is
        none), unit (documents that copies tie together, as metrics.json draws them), published_at, language,
        cluster_id, country (of the outlet), source_type (another question's gold), words (their number), agreement
        (the share of votes that its gold label has).
    votes : pandas.DataFrame
        One row for each sentence and annotator: sentence_id, annotator, label; the latest answer.
    scores : mapping
        The question's part of metrics.json.
    camp : tuple of str
        Annotators who are said to be a camp, against all others; empty where camps are to be found.
    """

    of: Run
    dataset: Dataset
    data: Labelled
    model: Pipeline | None
    rows: pd.DataFrame
    votes: pd.DataFrame
    scores: Mapping[str, Any]
    camp: tuple[str, ...] = ()

    @property
    def seed(self) -> int:
        """Of everything that is drawn."""
        return self.of.settings.seed

    @property
    def labels(self) -> tuple[str, ...]:
        """The question's labels, in the order of the label configuration."""
        return self.data.labels

    @property
    def held_out(self) -> pd.DataFrame:
        """Rows with a prediction of a model that has not seen them: the test, and training rows out of fold."""
        return self.rows.dropna(subset=["predicted"])

    @property
    def tested(self) -> pd.DataFrame:
        """Test rows with a prediction."""
        rows = self.held_out
        return rows[rows["split"] == "test"]

    @property
    def split(self) -> str:
        """How the dataset version was split."""
        return str(self.dataset.manifest["recipe"].get("split") or "")

    @cached_property
    def standin(self) -> Standin:
        """The quick model that is fitted again and again; prepared once."""
        return Standin.of(self.rows, self.labels, self.of.settings)

    def codes(self, labels: pd.Series) -> Codes:
        """Labels as their places in :attr:`labels`; -1 for none."""
        return pd.Categorical(labels, categories=list(self.labels)).codes.astype(np.intp)

    def draws(self, rows: pd.DataFrame, *columns: str) -> tuple[metrics.Array, metrics.Array | None]:
        """Confusion matrices by unit, of each of ``columns`` against ``label``, and their resamples.

        Returns
        -------
        counts : numpy.ndarray of shape (n_units, n_columns, k, k)
        draws : numpy.ndarray of shape (n_draws, n_columns, k, k), or None with fewer than two units
        """
        units, gold = rows["unit"].tolist(), rows["label"].tolist()
        parts = [metrics.confusions(units, gold, rows[name].tolist(), self.labels) for name in columns]
        counts = np.stack(parts, axis=1)
        return counts, metrics.resampled(counts, DRAWS, self.seed) if len(counts) > 1 else None


# Resamples behind an interval of an audit: the third digit of an edge is not what an audit is about.
DRAWS = 500


def gather(
    of: Run,
    dataset: Dataset,
    question: str,
    model: Pipeline | None,
    measured: Mapping[str, Any],
    camp: tuple[str, ...] = (),
) -> Material:
    """What is known about one question of a run."""
    data = labelled(dataset, question)
    own = of.predictions()
    own = own[own["question"] == question].set_index("sentence_id")
    columns = [f"p_{label}" for label in data.labels]
    rows = data.rows.join(own.reindex(columns=["label", *columns]).rename(columns={"label": "predicted"}))
    origin = dataset.sentences.set_index("sentence_id").reindex(rows.index)
    rows = rows.assign(
        published_at=pd.to_datetime(origin["published_at"], utc=True),
        language=origin["language"],
        cluster_id=origin["cluster_id"],
        unit=units(data.rows, origin["cluster_id"], DEPENDENCE),
        country=origin.get("x_outlet_country"),
        source_type=_other(dataset, question, rows.index),
        words=[len(text.split()) for text in rows["text"]],
        agreement=_agreement(rows, data.labels),
    )
    return Material(of, dataset, data, model, rows, _votes(dataset, question, data.labels), measured, camp)


def _other(dataset: Dataset, question: str, index: pd.Index) -> pd.Series:
    """The source type of each row, where that is another question of the dataset."""
    if question == _SOURCE_TYPE or _SOURCE_TYPE not in labels_of(dataset).questions:
        return pd.Series(None, index, dtype=object)
    gold = dataset.gold[dataset.gold["question"] == _SOURCE_TYPE]
    return gold.set_index("sentence_id")["label"].reindex(index).astype(object)


def _agreement(rows: pd.DataFrame, labels: tuple[str, ...]) -> NDArray[np.float64]:
    shares = rows[[f"v_{label}" for label in labels]].to_numpy(dtype=float)
    chosen = rows["label"].map({label: at for at, label in enumerate(labels)}).to_numpy(dtype=int)
    own = np.nan_to_num(shares)[np.arange(len(rows)), chosen]
    return np.where(np.isnan(shares).all(axis=1), np.nan, own)


def _votes(dataset: Dataset, question: str, labels: tuple[str, ...]) -> pd.DataFrame:
    given = dataset.annotations
    given = given[(given["question"] == question) & (given["state"] == "submitted") & given["label"].isin(labels)]
    given = given.sort_values(["updated_at", "annotation_id"], kind="stable", na_position="first")
    return given.drop_duplicates(["sentence_id", "annotator"], keep="last")[
        ["sentence_id", "annotator", "label"]
    ].sort_values(["sentence_id", "annotator"], ignore_index=True)

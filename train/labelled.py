"""What a dataset version holds for one question: texts, their gold labels, their side of the split."""

from dataclasses import dataclass

import pandas as pd

from corpus.errors import TableError, listed
from corpus.labels import Labels
from corpus.versions.dataset import Dataset
from train.texts import CONTEXT, OPTIONAL


@dataclass(frozen=True)
class Labelled:
    """The sentences of one question that have a gold label.

    Parameters
    ----------
    question : str
        Its name.
    labels : tuple of str
        Its labels, in the order of the label configuration.
    sides : tuple of str or None
        The two labels that the SemEval score averages.
    rows : pandas.DataFrame
        Indexed by sentence_id, sorted; columns doc_id, text, those of
        :data:`train.texts.OPTIONAL` and :data:`train.texts.CONTEXT`, label, split, fold, group (rows that the split
        keeps together), and v_LABEL, the share of each label among the votes (null where nobody gave it).
    ties : int
        Gold rows without a label: annotators disagreed and nobody has decided. Not used.
    without_gold : int
        Sentences of the dataset without a gold row. Not used.
    """

    question: str
    labels: tuple[str, ...]
    sides: tuple[str, str] | None
    rows: pd.DataFrame
    ties: int
    without_gold: int

    @property
    def train(self) -> pd.DataFrame:
        """Rows to fit on, those that have a fold: an official validation part is in, as folds choose what it would."""
        return self.rows[self.rows["fold"] >= 0]

    @property
    def test(self) -> pd.DataFrame:
        """Rows that no model has seen."""
        return self.rows[self.rows["split"] == "test"]


def labels_of(dataset: Dataset) -> Labels:
    """The label configuration that was frozen into the dataset."""
    return Labels.model_validate(dataset.manifest["labels"])


def labelled(dataset: Dataset, question: str) -> Labelled:
    """Join sentences, gold and split for ``question``.

    Raises
    ------
    UsageError
        The dataset has no such question.
    TableError
        A gold label is not one of the question's labels.
    """
    spec = labels_of(dataset).question(question)
    gold = dataset.gold[dataset.gold["question"] == question]
    decided = gold.dropna(subset=["label"])
    unknown = decided[~decided["label"].isin(list(spec.labels))]
    if len(unknown):
        row = unknown.iloc[0]
        raise TableError(
            "gold",
            f"{question} has no label {row['label']!r}; there are: {listed(spec.labels)}",
            column="label",
            row=row["sentence_id"],
        )
    rows = (
        _with_neighbours(dataset)[["sentence_id", "doc_id", "text", *OPTIONAL, *CONTEXT]]
        .merge(decided[["sentence_id", "label"]], on="sentence_id", validate="one_to_one")
        .merge(dataset.split[["sentence_id", "split", "fold", "group"]], on="sentence_id", validate="one_to_one")
        .set_index("sentence_id")
        .sort_index()
    )
    rows = rows.join(_shares(dataset, question).reindex(columns=[f"v_{label}" for label in spec.labels]))
    return Labelled(
        question=question,
        labels=tuple(spec.labels),
        sides=spec.sides,
        rows=rows,
        ties=len(gold) - len(decided),
        without_gold=len(dataset.sentences) - len(gold),
    )


def _with_neighbours(dataset: Dataset) -> pd.DataFrame:
    """Sentences with ``before`` and ``after``: those beside each in its document, where the dataset holds them.

    Where a split cuts documents, what stands in the test is not read beside a sentence that does not.
    """
    sentences = dataset.sentences
    tested = sentences["sentence_id"].isin(dataset.split.loc[dataset.split["split"] == "test", "sentence_id"])
    beside = sentences.assign(tested=tested).set_index(["doc_id", "index"])[["text", "tested"]]
    beside = beside[~beside.index.duplicated()]
    found = {}
    for name, step in {"before": -1, "after": 1}.items():
        near = beside.reindex(pd.MultiIndex.from_arrays([sentences["doc_id"], sentences["index"] + step]))
        hidden = near["tested"].eq(True).to_numpy() & ~tested.to_numpy()
        found[name] = near["text"].mask(hidden).to_numpy()
    return sentences.assign(**found)


def _shares(dataset: Dataset, question: str) -> pd.DataFrame:
    """v_LABEL for each label that was given, indexed by sentence_id; rows sum to one."""
    given = dataset.annotations
    given = given[(given["question"] == question) & (given["state"] == "submitted")].dropna(subset=["label"])
    return pd.crosstab(given["sentence_id"], given["label"], normalize="index").add_prefix("v_")

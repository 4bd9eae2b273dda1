"""A quick model beside the run's own: ridge regression on what texts are made of, fitted again in milliseconds.

Audits ask what would happen under hundreds of other splits, panels or texts. The run's own model cannot be fitted so
often. This one reads the same texts: TF-IDF of the run's n-grams, brought down to a few hundred columns by a singular
value decomposition (latent semantic analysis, Deerwester et al., 1990), and the encoder's vectors where the run uses
an encoder. Features are made once, of all rows and without their labels; only what is learnt from labels is learnt
anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.linalg
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.extmath import randomized_svd

from train import features
from train.evaluation import metrics
from train.inputs import Texts
from train.models import ENCODED
from train.settings import TrainSettings

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

# Labelled rows that are looked at; of more, whole documents are drawn.
ROWS = 2000
# Columns that n-grams, and an encoder's vectors, are brought down to; n-grams that are kept before.
COMPONENTS = 200
NGRAMS = 20_000
PENALTY = 0.3
FOLDS = 5


@dataclass(frozen=True)
class Standin:
    """The rows that are looked at, what their texts are made of, and their labels.

    Parameters
    ----------
    rows : pandas.DataFrame
        A part of the question's rows, or all.
    values : numpy.ndarray of shape (n_rows, n_columns)
        Features, the last one constant.
    codes : numpy.ndarray of shape (n_rows,)
        Labels, as places in the question's labels.
    classes : int
        How many labels there are.
    """

    rows: pd.DataFrame
    values: Array
    codes: Codes
    classes: int

    @classmethod
    def of(cls, rows: pd.DataFrame, labels: Sequence[str], settings: TrainSettings) -> "Standin":
        """Make the features of at most :data:`ROWS` rows."""
        chosen = rows[_drawn(rows["doc_id"], ROWS, settings.seed)]
        codes = pd.Categorical(chosen["label"], categories=list(labels)).codes.astype(np.intp)
        return cls(chosen, _with_constant(of_texts(chosen, settings)), codes, len(labels))

    @property
    def documents(self) -> Codes:
        """The number of each row's document."""
        codes: Codes = pd.factorize(self.rows["doc_id"], sort=True)[0].astype(np.intp)
        return codes

    @property
    def groups(self) -> Codes:
        """The number of each row's unit: documents that copies tie together, and that no fold takes apart."""
        codes: Codes = pd.factorize(self.rows["unit"], sort=True)[0].astype(np.intp)
        return codes

    def out_of_fold(self, fold: Codes, values: Array | None = None) -> Codes:
        """The label of each row by a model that has seen no row of its fold; folds of -1 are left out, and get -1."""
        return cross_fitted(self.values if values is None else values, self.codes, self.classes, fold)

    def forward(self, block: Codes, last: int | None = None) -> Codes:
        """The label of each row by a model of the earlier blocks (0, 1, ...); -1 in the first, and after ``last``."""
        found = np.full(len(self.codes), -1, dtype=np.intp)
        for at in range(1, (int(block.max()) if last is None else last) + 1):
            before, now = block < at, block == at
            if len(np.unique(self.codes[before])) > 1:
                found[now] = _fit(self.values[before], self.codes[before], self.classes, self.values[now])
        return found

    def macro_f1(self, found: Codes) -> float:
        """Of rows that have an answer, against gold."""
        return macro_f1(self.codes, found, self.classes)


def of_texts(rows: pd.DataFrame, settings: TrainSettings) -> Array:
    """Features of texts, shape (n_rows, n_columns); rows have about the same length."""
    texts = Texts().transform(rows[["text"]])
    ngrams = features.ngrams(settings.tfidf)
    for _, part in ngrams.transformer_list:
        if isinstance(part, TfidfVectorizer):
            part.set_params(max_features=NGRAMS)
    weighted = ngrams.fit_transform(texts)
    size = min(COMPONENTS, min(weighted.shape) - 1)
    parts = [
        TruncatedSVD(size, n_iter=3, random_state=settings.seed).fit_transform(weighted)
        if size > 0
        else np.ones((len(rows), 1))
    ]
    if settings.model in ENCODED:
        meaning = features.meaning(settings.encoder).fit_transform(rows).astype(float)
        left, singular, _ = randomized_svd(meaning, min(COMPONENTS, *meaning.shape), random_state=settings.seed)
        meaning = left * singular
        # Nothing, where the encoder can read none of the texts.
        if size := np.sqrt((meaning**2).sum(axis=1).mean()):
            parts.append(meaning / size * 2)
    return np.hstack(parts)


def cross_fitted(values: Array, codes: Codes, classes: int, fold: Codes) -> Codes:
    """Answers of :meth:`Standin.out_of_fold`, from any features."""
    found = np.full(len(codes), -1, dtype=np.intp)
    weight, goal = _balanced(codes, classes)
    weighted = values * weight[:, None]
    used = fold >= 0
    products, sums = weighted[used].T @ values[used], weighted[used].T @ goal[used]
    for at in np.unique(fold[used]):
        held = fold == at
        left = products - weighted[held].T @ values[held]
        right = sums - weighted[held].T @ goal[held]
        found[held] = (values[held] @ _solved(left, right)).argmax(axis=1)
    return found


def macro_f1(gold: Codes, found: Codes, classes: int) -> float:
    """Macro-F1 of rows that have an answer (not -1), as :func:`train.evaluation.metrics.macro_f1`."""
    known = found >= 0
    flat = np.bincount(gold[known] * classes + found[known], minlength=classes * classes)
    return float(metrics.macro_f1(flat.reshape(classes, classes).astype(float)))


def folds_of(groups: Codes, rng: np.random.Generator, wanted: int = FOLDS) -> Codes:
    """A fold for each row: whole groups, dealt out so that folds are about as large."""
    names, group = np.unique(groups, return_inverse=True)
    sizes = np.bincount(group)
    order = rng.permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros(min(wanted, len(names)), dtype=int)
    fold = np.zeros(len(names), dtype=np.intp)
    for at in order:
        fold[at] = int(filled.argmin())
        filled[fold[at]] += sizes[at]
    dealt: Codes = fold[group]
    return dealt


def _fit(values: Array, codes: Codes, classes: int, new: Array) -> Codes:
    weight, goal = _balanced(codes, classes)
    weighted = values * weight[:, None]
    answer: Codes = (new @ _solved(weighted.T @ values, weighted.T @ goal)).argmax(axis=1)
    return answer


def _balanced(codes: Codes, classes: int) -> tuple[Array, Array]:
    """The weight of each row, so that labels weigh the same, and what the regression aims at."""
    counts = np.bincount(codes, minlength=classes)
    weight = len(codes) / ((counts > 0).sum() * np.maximum(counts, 1))
    goal = np.eye(classes)[codes] - 1 / classes
    # A label that does not occur is never answered.
    goal[:, counts == 0] = -1.0
    return weight[codes], goal


def _solved(products: Array, sums: Array) -> Array:
    penalized = products.copy()
    penalized[np.diag_indices_from(penalized)] += PENALTY
    solution: Array = scipy.linalg.solve(penalized, sums, assume_a="pos", check_finite=False)
    return solution


def _with_constant(values: Array) -> Array:
    return np.hstack([values, np.ones((len(values), 1))])


def _drawn(documents: pd.Series, most: int, seed: int) -> NDArray[np.bool_]:
    """Which rows are looked at: all, or whole documents in a random order until there are enough."""
    if len(documents) <= most:
        return np.ones(len(documents), dtype=bool)
    names = np.sort(documents.unique())
    order = np.random.default_rng(seed).permutation(len(names))
    sizes = documents.value_counts().reindex(names[order]).cumsum()
    kept = documents.isin(sizes.index[: max(2, int((sizes <= most).sum()))])
    return kept.to_numpy()

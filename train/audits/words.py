"""Audit 7, words: what the model looks at, and what is left when it cannot see who is spoken of."""

import re
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer

from corpus import gazetteer
from train.audits import chance
from train.audits.finding import Finding, Suspicion, corrected, table
from train.audits.material import Material
from train.audits.standin import Array, Standin, cross_fitted, folds_of, of_texts
from train.evaluation import metrics
from train.numbers import number

# The strongest words of each label that are looked at.
STRONGEST = 20
# A loss of macro-F1 without the names that are no side is worth an alarm from here on.
DROP = 0.1
# Outlet names among the strongest words: from this share on.
OUTLETS = 0.1
_MASK = "Someone"
# A capital letter that begins no sentence and no quotation; further words with a capital, and of in between, belong to it.
_NAME = re.compile(
    r"(?<=[\w,;)»”\"’'] )(?:[A-ZА-ЯЁ][\w’'-]*)(?: (?:of |the )?[A-ZА-ЯЁ][\w’'-]*)*", re.UNICODE
)


def words(of: Material) -> Finding:
    """The strongest words of each label, the names among them, and the score with names masked."""
    standin = of.standin
    if len(np.unique(standin.codes)) < 2 or standin.documents.max() < 4:
        return Finding(unknown="There are too few documents, or only one label, to see which words matter.")
    outlets = sorted({str(name) for name in of.rows["outlet"].dropna()})
    strong = _strongest(standin, of.labels)
    names = _names(standin.rows["text"])
    kinds = {word: _kind(word, names, outlets) for part in strong.values() for word, _ in part}
    every = [word for part in strong.values() for word, _ in part]
    share = {kind: float(np.mean([kinds[word] == kind for word in every])) if every else 0.0 for kind in ("side", "name", "outlet")}
    fold = folds_of(standin.documents, np.random.default_rng(of.seed))
    scores: dict[str, float] = {"nothing": standin.macro_f1(standin.out_of_fold(fold))}
    base = standin.out_of_fold(fold)
    tests, suspicions = [], []
    for what, keep in (("names that are no side", True), ("all names", False)):
        text = standin.rows["text"].map(partial(masked, outlets=outlets, sides=not keep))
        values = np.hstack([of_texts(standin.rows.assign(text=text), of.of.settings), np.ones((len(text), 1))])
        answer = cross_fitted(values, standin.codes, standin.classes, fold)
        scores[what] = standin.macro_f1(answer)
        if keep:
            loss = scores["nothing"] - scores[what]
            p = _loss_p(of, standin, base, answer)
            tests.append(p)
            if loss >= DROP:
                says = (
                    f"Without the names of people, places and outlets (Russia and the United States kept) macro-F1 drops "
                    f"by {number(loss)}: the model goes by who is named."
                )
                suspicions.append(Suspicion(says, p))
    if share["outlet"] >= OUTLETS:
        found = sorted({word for word in every if kinds[word] == "outlet"})
        suspicions.append(Suspicion(f"Outlet names are among the strongest words: {', '.join(found[:8])}.", None))
    rows = [[label, word, weight, kinds[word]] for label, part in strong.items() for word, weight in part]
    return Finding(
        clear=f"Of the strongest words {number(100 * share['side'], 0)} % name a side, {number(100 * share['name'], 0)} % "
        f"another name and {number(100 * share['outlet'], 0)} % an outlet. With all names masked macro-F1 is "
        f"{number(scores['all names'])}, with the sides kept {number(scores['names that are no side'])}, "
        f"with nothing masked {number(scores['nothing'])}.",
        suspicions=suspicions,
        p=corrected(tests),
        numbers={"share": share, "masked": scores},
        tables=[table("Strongest words", ["label", "word", "weight", "kind"], rows)],
        parameters={"strongest": STRONGEST, "drop": DROP, "outlets": OUTLETS},
        seed=of.seed,
        note="Names are found by their capitals within a sentence, by the outlets of the dataset, and by the table of "
        "mentions of both sides; no model of names is used, and a name at the beginning of a sentence can be missed. "
        "The words are those of the stand-in: words and pairs of words, ridge regression.",
    )


def masked(text: str, *, outlets: list[str], sides: bool) -> str:
    """``text`` with its names replaced by one word; with ``sides`` those of Russia and the United States as well."""
    mentions = [(found.start, found.end) for found in gazetteer.mentions(text)]
    spans = [found.span() for found in _NAME.finditer(text)]
    spans += [found.span() for name in outlets for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    if sides:
        spans += mentions
    else:
        spans = [piece for span in spans for piece in _without(span, mentions)]
    result, end = [], 0
    for start, stop in sorted(spans):
        if stop <= end:
            continue
        if start >= end:
            result += [text[end:start], _MASK]
        end = stop
    return "".join([*result, text[end:]])


def _without(span: tuple[int, int], kept: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left of a span outside of others."""
    pieces, start = [], span[0]
    for first, last in sorted(kept):
        if last <= span[0] or first >= span[1]:
            continue
        pieces.append((start, first))
        start = last
    pieces.append((start, span[1]))
    return [(first, last) for first, last in pieces if last - first > 1]


def _strongest(standin: Standin, labels: tuple[str, ...]) -> dict[str, list[tuple[str, float]]]:
    """The words and pairs of words with the largest weight for each label, in a ridge regression on all rows."""
    counter = CountVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", min_df=3, binary=True, max_features=5000)
    try:
        seen = counter.fit_transform(standin.rows["text"]).astype(float)
    except ValueError:
        return {}
    found = {}
    names = counter.get_feature_names_out()
    for at, label in enumerate(labels):
        own = standin.codes == at
        if not own.any() or own.all():
            continue
        # The difference in frequency in standard errors (Monroe, Colaresi and Quinn, 2008, without a prior).
        a, b = np.asarray(seen[own].sum(0)).ravel(), np.asarray(seen[~own].sum(0)).ravel()
        x, y = (a + 0.5) / (own.sum() + 1), (b + 0.5) / ((~own).sum() + 1)
        weight: Array = (np.log(x / (1 - x)) - np.log(y / (1 - y))) / np.sqrt(1 / (a + 0.5) + 1 / (b + 0.5))
        order = np.lexsort((names, -weight))[:STRONGEST]
        found[label] = [(str(names[word]), float(weight[word])) for word in order if weight[word] > 0]
    return found


def _names(texts: pd.Series) -> set[str]:
    return {word.lower() for text in texts for found in _NAME.findall(text) for word in re.findall(r"\w+", found)}


def _kind(word: str, names: set[str], outlets: list[str]) -> str:
    """Whether a word or pair names an outlet, a side, somebody else, or nobody."""
    if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", name.lower()) for name in outlets if len(word) > 3):
        return "outlet"
    if gazetteer.mentions(word.title()) or gazetteer.mentions(word.upper()):
        return "side"
    return "name" if set(word.split()) & names else ""


def _loss_p(of: Material, standin: Standin, base: Any, answer: Any) -> float:
    """How probable so large a loss is where the true one is none, over resampled documents."""
    rows = standin.rows.assign(base=np.asarray(of.labels)[base], masked=np.asarray(of.labels)[answer])
    counts, draws = of.draws(rows, "base", "masked")
    if draws is None:
        return 1.0
    losses = metrics.macro_f1(draws[:, 0]) - metrics.macro_f1(draws[:, 1])
    total = counts.sum(0)
    loss = float(metrics.macro_f1(total[0]) - metrics.macro_f1(total[1]))
    return chance.above(losses, loss, 0.0, len(counts))

"""Audit 7, words: what the model looks at, and what is left when it cannot see who is spoken of."""

from collections.abc import Callable
from functools import partial

import numpy as np

from train.audits import chance, names
from train.audits.finding import Finding, Suspicion, corrected, table
from train.audits.material import Material
from train.audits.standin import Codes, cross_fitted, folds_of, of_texts
from train.audits.strongest import strongest
from train.evaluation import metrics
from train.numbers import number

# The strongest words of each label that are looked at.
STRONGEST = 25
# A loss of macro-F1 without the names that are no side is worth an alarm from here on.
DROP = 0.1
# Outlet names among the strongest words: from this share on.
OUTLETS = 0.1


def words(of: Material) -> Finding:
    """The strongest words of each label, the names among them, and the score with names masked."""
    standin = of.standin
    if len(np.unique(standin.codes)) < 2 or standin.groups.max() < 4:
        return Finding(unknown="There are too few documents, or only one label, to see which words matter.")
    outlets = sorted({str(name) for name in of.rows["outlet"].dropna()})
    source, strong = strongest(of.model, standin, of.labels, STRONGEST)
    known = names.known(standin.rows["text"])
    own = names.of_outlets(standin.rows["text"], outlets)
    every = [word for part in strong.values() for word, _ in part]
    kinds = {word: names.kind(word, known, own) for word in every}
    share = {
        kind: sum(kinds[word] == kind for word in every) / max(1, len(every)) for kind in ("side", "name", "outlet")
    }
    fold = folds_of(standin.groups, np.random.default_rng(of.seed))
    plain = standin.out_of_fold(fold)
    hidden = {what: partial(names.masked, names=known, outlets=outlets, sides=sides) for what, sides in _MASKS.items()}
    without = {what: _masked(of, fold, plain, mask) for what, mask in hidden.items()}
    scores = {"nothing": standin.macro_f1(plain)} | {what: standin.macro_f1(found) for what, found in without.items()}
    loss, p = scores["nothing"] - scores[_OTHERS], _loss_p(of, plain, without[_OTHERS])
    suspicions = []
    if loss >= DROP:
        says = (
            "Without the names of people, places and outlets (Russia and the United States kept) macro-F1 drops by "
            f"{number(loss)}, to {number(scores[_OTHERS])}: the model goes by who is named."
        )
        suspicions.append(Suspicion(says, p))
    if share["outlet"] >= OUTLETS:
        found = sorted({own[part] for word in every if kinds[word] == "outlet" for part in word.split() if part in own})
        suspicions.append(Suspicion(f"Outlet names are among the strongest words: {', '.join(found[:8])}.", None))
    # By place and then by label, so that the first rows show every label.
    ranked = [(at, label, *pair) for label, part in strong.items() for at, pair in enumerate(part)]
    rows = [[label, word, weight, kinds[word]] for at, label, word, weight in sorted(ranked, key=lambda row: row[0])]
    beside = [
        [_named(part[at][0], kinds) if at < len(part) else "" for part in strong.values()]
        for at in range(max((len(part) for part in strong.values()), default=0))
    ]
    weighed = (
        "the model's linear part" if source == "model" else "the labelled sentences (the model has no linear part)"
    )
    return Finding(
        clear=f"Of the strongest words {number(100 * share['side'], 0)} % name a side, "
        f"{number(100 * share['name'], 0)} % another name and {number(100 * share['outlet'], 0)} % an outlet. Macro-F1 "
        f"is {number(scores['nothing'])}; {number(scores[_OTHERS])} without names that are no side, "
        f"{number(scores[_ALL])} without any name.",
        suspicions=suspicions,
        p=corrected([p]),
        numbers={"share": share, "masked": scores},
        tables=[
            table("Macro-F1 with names masked", ["masked", "macro_f1"], [list(pair) for pair in scores.items()]),
            table("Names among the strongest words", ["kind", "share"], [list(pair) for pair in share.items()]),
            table("Strongest words of each label", list(strong), beside),
            table("Strongest words with their weights", ["label", "word", "weight", "kind"], rows),
        ],
        parameters={"strongest": STRONGEST, "drop": DROP, "outlets": OUTLETS, "from": source},
        seed=of.seed,
        note="Names are the words that mostly have a capital within a sentence, the outlets of the dataset, and the "
        "table of mentions of both sides; no model of names is used, and one that only begins sentences is missed. "
        f"The words are those of {weighed}; masked texts are scored with the stand-in, fitted on masked texts.",
    )


_OTHERS, _ALL = "names that are no side", "all names"
_MASKS = {_OTHERS: False, _ALL: True}


def _named(word: str, kinds: dict[str, str]) -> str:
    return f"{word} ({kinds[word]})" if kinds[word] else word


def _masked(of: Material, fold: Codes, plain: Codes, mask: Callable[[str], str]) -> Codes:
    """Answers out of fold to texts without their names, by a stand-in that learns from such texts."""
    standin = of.standin
    text = standin.rows["text"].map(mask)
    if (text == standin.rows["text"]).all():
        return plain
    values = of_texts(standin.rows.assign(text=text), of.of.settings)
    values = np.hstack([values, np.ones((len(text), 1))])
    return cross_fitted(values, standin.codes, standin.classes, fold)


def _loss_p(of: Material, plain: Codes, masked: Codes) -> float:
    """How probable so large a loss is where the true one is none, over resampled documents."""
    labels = np.asarray(of.labels)
    rows = of.standin.rows.assign(plain=labels[plain], masked=labels[masked])
    counts, draws = of.draws(rows, "plain", "masked")
    if draws is None:
        return 1.0
    losses = metrics.macro_f1(draws[:, 0]) - metrics.macro_f1(draws[:, 1])
    total = counts.sum(0)
    return chance.above(losses, float(metrics.macro_f1(total[0]) - metrics.macro_f1(total[1])), 0.0, len(counts))

"""What the defaults of configs/train.yaml and the ways of training rest on: each choice beside what it was chosen over.

python benchmarks/choices.py [NAME ...]     names: few, leaning, votes, sides, context, joint

Needs the data for evaluation: STANCE_BENCH_DATA, by default ../shared/data.

Training rows alone, in repeated folds or draws; a difference is the mean over them with its standard error. The sample
is the fiction in corpus/sample with the labels that were intended when it was written.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from quality import DATA, SETTINGS, f1, pairs, rows_of, with_babe_votes, with_votes
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, RepeatedStratifiedKFold, StratifiedShuffleSplit

from corpus.build import build
from train import calibration, kernel
from train.crossfit import fitted, predicted
from train.models import make
from train.settings import TrainSettings
from train.vectors import Meaning

Split = tuple[np.ndarray, np.ndarray]


def tables(data: Path) -> dict[str, pd.DataFrame]:
    """Training rows by data set."""
    babe = pd.read_csv(data / "babe/sg2.csv")
    babe = babe[babe["label"] != "No agreement"].drop(columns="outlet")
    tweets = pd.concat([pd.read_csv(data / f"tweeteval_stance/{part}.csv") for part in ("train", "val")])
    return {"BABE": rows_of(babe), "TweetEval": rows_of(tweets), "GWSD": rows_of(pd.read_csv(data / "gwsd/train.csv"))}


def sample(question: str) -> pd.DataFrame:
    """The sentences of corpus/sample with what stands beside them; a group is a document."""
    built = build(["corpus/sample/news.jsonl"])
    intended = pd.read_csv("corpus/sample/intended.csv")
    sentences = built.sentences.merge(built.documents[["doc_id", "title", "outlet"]], on="doc_id")
    by = sentences.groupby("doc_id")["text"]
    sentences = sentences.assign(before=by.shift(1), after=by.shift(-1))
    found = sentences.merge(intended.drop_duplicates("text"), on="text").rename(columns={question: "label"})
    return found.assign(group=found["doc_id"])


def score(train: pd.DataFrame, test: pd.DataFrame, settings: TrainSettings = SETTINGS) -> float:
    """Macro-F1 in points of hybrid on the second table."""
    model = fitted(partial(make, "hybrid", SETTINGS.seed, settings), train)
    names = tuple(sorted(train["label"].unique()))
    return f1(predicted(model, test, names).assign(gold=test["label"]), average="macro")


def compared(what: str, values: dict[str, list[float]]) -> None:
    """Print each mean, and its difference from the first with a standard error."""
    (first, base), *rest = values.items()
    print(f"{what}: {first} {np.mean(base):.1f}", end="")
    for name, own in rest:
        off = np.subtract(own, base)
        print(f"; {name} {np.mean(own):.1f} ({off.mean():+.1f} +- {off.std(ddof=1) / len(off) ** 0.5:.1f})", end="")
    print(flush=True)


def few(data: Path) -> None:
    """A slope that is free, or one that is positive, of few labels."""
    for name, rows in tables(data).items():
        Meaning().fit_transform(rows)  # Vectors into the cache, for all draws at once.
        for size in (15, 50, 200):
            draws = StratifiedShuffleSplit(10, train_size=size, test_size=735, random_state=size)
            values: dict[str, list[float]] = {"free slope": [], "positive slope": []}
            for train, test in pairs(rows, draws.split(rows, rows["label"])):
                with mock.patch.object(calibration, "Tempered", calibration.Platt):
                    values["free slope"].append(score(train, test))
                with mock.patch.object(calibration, "_PLATT_ROWS", 1 << 30):
                    values["positive slope"].append(score(train, test))
            compared(f"{name}, {size} labels", values)


def leaning(data: Path) -> None:
    """How far a decision leans to rare labels, with few labels and with all."""
    for name, rows in tables(data).items():
        Meaning().fit_transform(rows)
        few_ = StratifiedShuffleSplit(10, train_size=200, test_size=735, random_state=200)
        for size, splits in (("200", list(few_.split(rows, rows["label"]))), ("all", folds(rows))):
            values: dict[str, list[float]] = {}
            for power in (0.0, 0.25, 0.5, 0.75, 1.0):
                with mock.patch.multiple(kernel, _LEANING=power, _LEANING_OF_FEW=power):
                    values[f"{power}"] = [score(rows.iloc[train], rows.iloc[test]) for train, test in splits]
            compared(f"{name}, {size} labels", values)


def folds(rows: pd.DataFrame) -> list[Split]:
    """Five folds, once."""
    return list(RepeatedStratifiedKFold(n_splits=5, n_repeats=1, random_state=0).split(rows, rows["label"]))


def votes(data: Path) -> None:
    """Hard gold, the shares of votes, and shares in which each annotator counts as often as others agree with them."""
    parts = {"GWSD": with_votes(pd.read_csv(data / "gwsd/train.csv")), "BABE": babe_votes(data)}
    for name, frame in parts.items():
        rows = rows_of(frame)
        weighed = rows_of(frame.filter(regex="^(?!v_)").rename(columns=lambda column: column.replace("w_", "v_", 1)))
        forms = {"hard gold": rows.filter(regex="^(?!v_)"), "votes": rows, "votes by quality": weighed}
        if name == "GWSD":  # Its workers are places in a table, not persons.
            del forms["votes by quality"]
        values = {
            form: [score(own.iloc[train], own.iloc[test]) for train, test in folds(rows)] for form, own in forms.items()
        }
        compared(name, values)


def babe_votes(data: Path) -> pd.DataFrame:
    """BABE's sentences with v_LABEL, shares of votes, and w_LABEL, shares by the quality of who voted."""
    frame = pd.read_csv(data / "babe/sg2.csv")
    frame = frame[frame["label"] != "No agreement"].drop(columns="outlet")
    given = pd.read_csv(data / "babe/annotations_sg2.csv")[["text", "annotator_id", "label"]].dropna()
    count = given.groupby(["text", "label"])["annotator_id"].transform("count") - 1
    others = given.groupby("text")["annotator_id"].transform("count") - 1
    alike = (count / others).groupby(given["annotator_id"]).mean()
    # Agreement above chance, as odds of two labels: log-odds weigh independent votes (Nitzan and Paroush, 1982).
    right = np.clip((1 + np.sqrt(np.maximum(2 * alike - 1, 0))) / 2, 0.5, 0.99)
    given = given.assign(weight=given["annotator_id"].map(np.log(right / (1 - right))).clip(lower=0.05))
    return with_babe_votes(with_babe_votes(frame, given), given, "w_", given["weight"])


def by_document(rows: pd.DataFrame) -> list[Split]:
    """Five folds of whole documents."""
    return list(GroupKFold(5, shuffle=True, random_state=0).split(rows, groups=rows["group"]))


def with_encoder(**changed: object) -> TrainSettings:
    """The defaults but for some settings of the encoder."""
    return SETTINGS.model_copy(update={"encoder": SETTINGS.encoder.model_copy(update=changed)})


def settings_on(name: str, rows: pd.DataFrame, splits: list[Split], forms: dict[str, TrainSettings]) -> None:
    """Compare settings on the same splits."""
    compared(
        name,
        {
            form: [score(rows.iloc[a], rows.iloc[b], settings) for a, b in splits]
            for form, settings in ({"default": SETTINGS} | forms).items()
        },
    )


def sides(data: Path) -> None:
    """Whether each side is read by itself."""
    forms = {"sides": with_encoder(sides=True)}
    own = sample("stance")
    settings_on("sample, stance", own, by_document(own), forms)
    for name, rows in tables(data).items():
        settings_on(name, rows, folds(rows), forms)


def context(data: Path) -> None:
    """What stands beside the sentence; only the sample has it."""
    names = ("title", "before", "after")
    forms = {name: with_encoder(context=(name,)) for name in names} | {"all": with_encoder(context=names)}
    for question in ("stance", "source_type"):
        rows = sample(question)
        settings_on(f"sample, {question}", rows, by_document(rows), forms)


def joint(data: Path) -> None:
    """Each question alone, and in a chain: a logistic regression on the held-out log-probabilities of both."""
    babe = pd.read_csv(data / "babe/sg2.csv").drop(columns="outlet")
    babe = babe[(babe["label"] != "No agreement") & (babe["label_opinion"] != "No agreement")].reset_index(drop=True)
    opinion = rows_of(babe.assign(label=babe["label_opinion"]))
    for what, tables_, split in (
        ("sample", {question: sample(question) for question in ("stance", "source_type")}, by_document),
        ("BABE", {"bias": rows_of(babe), "opinion": opinion}, folds),
    ):
        splits = split(next(iter(tables_.values())))
        values: dict[str, dict[str, list[float]]] = {name: {"alone": [], "chained": []} for name in tables_}
        for train, test in splits:
            found = {name: held_and_new(rows.iloc[train], rows.iloc[test]) for name, rows in tables_.items()}
            for name, rows in tables_.items():
                gold, truth = rows["label"].to_numpy()[train], rows["label"].to_numpy()[test]
                others = [*(part for other, part in found.items() if other != name)]
                for form, parts in {"alone": [found[name]], "chained": [found[name], *others]}.items():
                    held, new = (np.log(np.maximum(np.hstack([part[at] for part in parts]), 1e-3)) for at in (0, 1))
                    answers = LogisticRegression(C=1.0, max_iter=1000).fit(held, gold).predict(new)
                    values[name][form].append(f1(pd.DataFrame({"gold": truth, "label": answers}), average="macro"))
        for name, own in values.items():
            compared(f"{what}, {name}", own)


def held_and_new(train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Out-of-fold probabilities of the first table, and those of the second."""
    names = tuple(sorted(train["label"].unique()))
    model = partial(make, "hybrid", SETTINGS.seed, SETTINGS)
    held = np.zeros((len(train), len(names)))
    for a, b in GroupKFold(5).split(train, groups=train["group"]):
        held[b] = predicted(fitted(model, train.iloc[a]), train.iloc[b], names).filter(regex="^p_")
    return held, predicted(fitted(model, train), test, names).filter(regex="^p_").to_numpy()


CHOICES: dict[str, Callable[[Path], None]] = {f.__name__: f for f in (few, leaning, votes, sides, context, joint)}


def main() -> int:
    """Print a line for each comparison; 2 without data."""
    if not (DATA / "babe").is_dir():
        print(f"no benchmark data in {DATA}: set STANCE_BENCH_DATA", file=sys.stderr)
        return 2
    for name in sys.argv[1:] or CHOICES:
        CHOICES[name](DATA)
    return 0


if __name__ == "__main__":
    sys.exit(main())

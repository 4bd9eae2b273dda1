"""How good the project's own models are on public data, beside what was published; exit code 1 when a must is missed.

python benchmarks/quality.py                three minutes on two cores; the last line sums up
python benchmarks/quality.py --finetuned    then the model finetuned on BABE: needs PyTorch, and tens of minutes

Needs the data for evaluation: STANCE_BENCH_DATA, by default ../shared/data.

Everything that is chosen (penalty, calibration, decision) is chosen inside the training rows by `train.models` itself;
the settings are the defaults of configs/train.yaml for every set. Test rows are looked at once.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from released import released
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, RepeatedStratifiedKFold, StratifiedKFold, StratifiedShuffleSplit

from corpus.labels import Labels
from train.conformal import sets, thresholds
from train.crossfit import fitted, predicted
from train.models import make
from train.settings import TrainSettings
from train.texts import OPTIONAL

DATA = Path(os.environ.get("STANCE_BENCH_DATA", Path(__file__).resolve().parent.parent.parent / "shared" / "data"))
SETTINGS = TrainSettings()
SIZES = (50, 100, 150, 200, 300)
SEEDS = 10
FEW = 200


@dataclass(frozen=True)
class Result:
    """A line of the table: ``must`` and ``want`` hold where ``value`` is at least (or, if ``most``, at most) that."""

    what: str
    value: float
    published: str
    must: float
    want: float
    most: bool = False

    def reaches(self, bar: float) -> bool:
        """Whether the value is on the right side of ``bar``."""
        return bool(self.value <= bar if self.most else self.value >= bar)


def rows_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows as `train.labelled` gives them: text, target ..., label, group; equal texts are one group."""
    own = ["text", "label", *(name for name in OPTIONAL if name in frame), *frame.filter(regex="^v_")]
    rows = frame[own].reset_index(drop=True)
    return rows.assign(group=rows["text"].str.lower())


def answers(job: tuple[pd.DataFrame, pd.DataFrame], model: str = "hybrid") -> pd.DataFrame:
    """Predictions for the second table from a model fitted on the first: label, p_LABEL, gold."""
    train, test = job
    names = tuple(sorted(train["label"].unique()))
    return predicted(fitted(partial(make, model, SETTINGS.seed, SETTINGS), train), test, names).assign(
        gold=test["label"]
    )


def f1(found: pd.DataFrame, **options: object) -> float:
    """F1 in points, from the columns gold and label."""
    return 100 * float(f1_score(found["gold"], found["label"], **options))


def excess_calibration_error(found: pd.DataFrame) -> float:
    """Top-label calibration error in 10 bins, less what a perfectly calibrated model shows at that size; in points."""
    p = found.filter(regex="^p_")
    names = p.columns.str.removeprefix("p_").to_numpy()
    sure, right = p.max(axis=1).to_numpy(), names[p.to_numpy().argmax(axis=1)] == found["gold"].to_numpy()
    bins = np.minimum((sure * 10).astype(int), 9)

    def error(hits: np.ndarray) -> float:
        return float(np.abs(np.bincount(bins, hits - sure, minlength=10)).sum() / len(sure))

    rng = np.random.default_rng(0)
    return 100 * (error(right) - float(np.mean([error(rng.random(len(sure)) < sure) for _ in range(1000)])))


def coverage(found: pd.DataFrame, resplits: int = 100) -> tuple[float, float, float]:
    """Of 90 % sets, in percent: overall, and of the least and the most covered class; means over random re-splits."""
    p = found.filter(regex="^p_")
    codes = p.columns.str.removeprefix("p_").get_indexer(found["gold"])
    rng, all_, by_class = np.random.default_rng(0), [], []
    for _ in range(resplits):
        order = rng.permutation(len(p))
        calibration, test = order[: len(p) // 2], order[len(p) // 2 :]
        least = thresholds(p.to_numpy()[calibration], codes[calibration], 0.9)
        inside = sets(p.to_numpy()[test], least)[np.arange(len(test)), codes[test]]
        all_.append(inside.mean())
        by_class.append([inside[codes[test] == label].mean() for label in range(p.shape[1])])
    classes = 100 * np.mean(by_class, axis=0)
    return 100 * float(np.mean(all_)), float(classes.min()), float(classes.max())


def pairs(
    rows: pd.DataFrame, splits: Iterator[tuple[np.ndarray, np.ndarray]]
) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """The tables of each split."""
    return [(rows.iloc[train], rows.iloc[test]) for train, test in splits]


Run = Callable[..., list[pd.DataFrame]]


def tweeteval(data: Path, run: Run) -> tuple[list[Result], pd.DataFrame]:
    """Official split, by the steps of a user's own; train and val are trained on."""
    parts = {
        name: pd.read_csv(data / f"tweeteval_stance/{name}.csv").assign(split=name) for name in ("train", "val", "test")
    }
    records = pd.concat(parts.values(), ignore_index=True)
    names = {"labels": {"against": {}, "favor": {}, "none": {}}, "sides": ["against", "favor"]}
    labels = Labels.model_validate({"questions": {"stance": names}})
    rows = released(records.assign(id=records.index), labels, "stance", SETTINGS.seed)
    (found,) = run([(rows.train, rows.test)])
    sides = f1(found, labels=["against", "favor"], average="macro")
    return [
        Result("TweetEval stance, mean F1 of both sides", sides, "SVM 67.3, RoBERTa 68.0, BERTweet 71.2", 69.3, 71.2),
        Result("TweetEval stance, macro-F1", f1(found, average="macro"), "", 67, 70),
        Result("TweetEval stance, excess calibration error", excess_calibration_error(found), "", 4, 2, most=True),
    ], found


def babe(data: Path, run: Run) -> tuple[list[Result], pd.DataFrame]:
    """Five folds, by unseen outlet, and how many labels hybrid needs for what TF-IDF does with all."""
    rows, outlets = babe_rows(data)
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(rows, rows["label"]))
    parts = run(pairs(rows, iter(folds)))
    words = run(pairs(rows, iter(folds)), model="tfidf")
    unseen = run(pairs(rows, GroupKFold(5).split(rows, groups=outlets)))
    score = partial(f1, average="weighted")
    goal = float(np.mean([score(part) for part in words]))
    needed = next((size for size in SIZES if few_labels(rows, size, run) >= goal), np.inf)
    # What the votes are worth: the same draws with the gold label alone.
    hard = few_labels(rows[rows.columns.drop(list(rows.filter(regex="^v_")))], FEW, run)
    few = f"TF-IDF {len(rows) * 4 // 5}: {goal:.1f}; {FEW}: {few_labels(rows, FEW, run):.1f}, without votes {hard:.1f}"
    together = pd.concat(parts)
    means = [float(np.mean([score(part) for part in found])) for found in (parts, unseen)]
    return [
        Result("BABE, five folds, weighted F1", means[0], "BERT 78.9, RoBERTa 79.9, distant 80.4", 78.5, 80.4),
        Result("BABE, by unseen outlet, weighted F1", means[1], f"TF-IDF here, five folds: {goal:.1f}", 76, 78),
        Result("BABE, labels for what TF-IDF has with all", needed, few, 200, 100, most=True),
        Result("BABE, excess calibration error", excess_calibration_error(together), "", 2, 1, most=True),
    ], together


def babe_rows(data: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Its rows, and the outlet of each: no input, as by fold a model would know it and by outlet it could not."""
    frame = pd.read_csv(data / "babe/sg2.csv")
    frame = with_babe_votes(frame[frame["label"] != "No agreement"], pd.read_csv(data / "babe/annotations_sg2.csv"))
    return rows_of(frame.drop(columns="outlet")), frame["outlet"].to_numpy(dtype=str)


def finetuned(data: Path) -> list[Result]:
    """The model of that name in the five folds of :func:`babe`; here, as a fit takes all processors."""
    rows, _ = babe_rows(data)
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(rows, rows["label"])
    parts = [answers(job, model="finetuned") for job in pairs(rows, folds)]
    value = float(np.mean([f1(part, average="weighted") for part in parts]))
    error = excess_calibration_error(pd.concat(parts))
    return [
        Result("BABE, finetuned, five folds, weighted F1", value, "BERT 78.9, RoBERTa 79.9, distant 80.4", 79.5, 80.4),
        Result("BABE, finetuned, excess calibration error", error, "", np.inf, 1, most=True),
    ]


def few_labels(rows: pd.DataFrame, size: int, run: Run) -> float:
    """Mean weighted F1 over seeds of hybrid trained on ``size`` rows drawn at random, on 735 others."""
    splits = StratifiedShuffleSplit(SEEDS, train_size=size, test_size=len(rows) // 5, random_state=size)
    return float(
        np.mean([f1(part, average="weighted") for part in run(pairs(rows, splits.split(rows, rows["label"])))])
    )


def gwsd(data: Path, run: Run) -> tuple[list[Result], pd.DataFrame]:
    """Repeated five folds of the training rows; the 200 test rows are too few and are only reported."""
    rows, test = (rows_of(with_votes(pd.read_csv(data / f"gwsd/{name}.csv"))) for name in ("train", "test"))
    repeats = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
    parts = run([*pairs(rows, repeats.split(rows, rows["label"])), (rows, test)])
    score = partial(f1, average="macro")
    mean, of_test = float(np.mean([score(part) for part in parts[:-1]])), score(parts[-1])
    return [Result("GWSD, repeated five folds, macro-F1", mean, f"200 test rows: {of_test:.1f}", 65, 70)], pd.concat(
        parts[:5]
    )


def with_babe_votes(
    frame: pd.DataFrame, answers: pd.DataFrame, prefix: str = "v_", weight: pd.Series | None = None
) -> pd.DataFrame:
    """The share of each label among the five answers, v_LABEL, as `train.labelled` has it; by text, their only key."""

    def key(texts: pd.Series) -> pd.Series:
        return texts.str.split().str.join(" ").str.lower()

    each = pd.Series(1.0, answers.index) if weight is None else weight
    shares = pd.crosstab(key(answers["text"]), answers["label"], each, aggfunc="sum", normalize="index")
    shares = shares[["Biased", "Non-biased"]].add_prefix(prefix)
    return frame.join(shares.reindex(key(frame["text"])).set_axis(frame.index))


def with_votes(frame: pd.DataFrame) -> pd.DataFrame:
    """The share of each label among the eight answers, v_LABEL, as `train.labelled` gives it."""
    names = {"agrees": "v_agree", "neutral": "v_neutral", "disagrees": "v_disagree"}
    given = frame.filter(regex="^worker_")
    return frame.assign(
        **{column: (given == name).sum(axis=1) / given.notna().sum(axis=1) for name, column in names.items()}
    )


def conformal(name: str, found: pd.DataFrame) -> list[Result]:
    """How far coverage is from 90 %: overall, which must be within 2 points; of the worst class, wanted within 3."""
    overall, low, high = coverage(found)
    worst = max(abs(low - 90), abs(high - 90))
    said = f"{overall:.1f} overall, classes {low:.1f} to {high:.1f}"
    return [
        Result(f"{name}, 90 % sets: points from 90 overall", abs(overall - 90), said, 2, 2, most=True),
        Result(f"{name}, 90 % sets: points from 90, worst class", worst, "", np.inf, 3, most=True),
    ]


def said(results: list[Result]) -> list[Result]:
    """Print a line for each."""
    for one in results:
        mark = "ok  " if one.reaches(one.want) else "must" if one.reaches(one.must) else "MISS"
        bars = f"must {one.must:g}, want {one.want:g}"
        print(f"{mark} {one.what:<52} {one.value:7.2f}   {bars:<24} {one.published}", flush=True)
    return results


def main() -> int:
    """Print the table and the summary; 1 when a must is missed, 2 without data."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--finetuned", action="store_true", help="and the model of that name on BABE: needs PyTorch")
    chosen = parser.parse_args()
    if not (DATA / "babe").is_dir():
        print(f"no benchmark data in {DATA}: set STANCE_BENCH_DATA", file=sys.stderr)
        return 2
    started = time.perf_counter()
    results: list[Result] = []
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:

        def run(jobs: list[tuple[pd.DataFrame, pd.DataFrame]], model: str = "hybrid") -> list[pd.DataFrame]:
            return list(pool.map(partial(answers, model=model), jobs))

        for name, measure in (("TweetEval stance", tweeteval), ("GWSD", gwsd), ("BABE", babe)):
            found, predictions = measure(DATA, run)
            results += said([*found, *conformal(name, predictions)])
    if chosen.finetuned:
        results += said(finetuned(DATA))
    missed = [one.what for one in results if not one.reaches(one.must)]
    wanted = sum(one.reaches(one.want) for one in results)
    seconds = time.perf_counter() - started
    print(json.dumps({one.what: round(one.value, 3) if np.isfinite(one.value) else None for one in results}))
    musts = len(results) - len(missed)
    print(f"{musts} of {len(results)} musts and {wanted} wants reached in {seconds:.0f} s; missed: {missed or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

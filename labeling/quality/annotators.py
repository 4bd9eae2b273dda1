"""Who needs a talk about their work: what each annotator did, against known answers, the others and themselves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import binomtest

from labeling.gold.aggregate import counted
from labeling.quality.agreement import Estimate, agreement

Codes = npt.NDArray[np.intp]

# Nobody reads ten words in a second: an answer that came sooner was not read.
WORDS_A_SECOND = 10
# From here on somebody should be asked; none of these says that the work is bad.
GOLD_ACCURACY, SELF_AGREEMENT, HURRIED, SKIPPED, CHANCE_OF_RUN = 0.7, 0.7, 0.1, 0.2, 0.001
FEWEST = 5  # gold or second answers, below which nothing is said of them
FEWEST_SHARED = 20  # sentences shared with others, below which random answers cannot be told
_SHUFFLES = 2000
_OTHERS = "\N{ZERO WIDTH SPACE}others"  # a name that no annotator has


@dataclass(frozen=True)
class Work:
    """What annotators did.

    Parameters
    ----------
    answers : DataFrame
        The ``annotations`` table of kinds normal, gold and retest, with a column ``words``: of the sentence.
    known : DataFrame
        ``annotator``, ``sentence_id``, ``question``, ``label``: the known answers of gold items.
    documents : mapping
        sentence_id -> doc_id.
    questions : mapping
        question -> its labels, in order.
    """

    answers: pd.DataFrame
    known: pd.DataFrame
    documents: Mapping[str, str]
    questions: Mapping[str, Sequence[str]]


def annotators(work: Work, *, draws: int, seed: int) -> list[dict[str, Any]]:
    """One record for each annotator, by name.

    Returns
    -------
    list of dict
        ``annotator``; ``submitted``, ``skipped``, ``skip_rate`` (of annotations); ``median_seconds``, ``seconds`` (the
        10th, 50th and 90th percentile of timed answers); ``hurried`` (the
        share of timed answers that came faster than the sentence can be read); ``gold`` and ``retest`` (share of right
        answers, and of second answers like the first: value, low, high, items); ``with_others`` (question -> Cohen's
        kappa with the majority of the others); ``run`` (the longest run of one answer: question, label, length, and
        the chance of one so long in the same answers shuffled); ``shares`` (question -> label -> share of own answers);
        ``talk`` (what to talk about, in words). What is undefined is None, with a ``note``.
    """
    given = {name: counted(_normal(work.answers), name, labels) for name, labels in work.questions.items()}
    tables = {name: _counts(frame, work.questions[name]) for name, frame in given.items()}
    usual_shares = {name: _shares(frame, work.questions[name]) for name, frame in given.items()}
    found = []
    for who, rows in work.answers[work.answers["state"] != "deleted"].groupby("annotator"):
        name = str(who)
        record: dict[str, Any] = {"annotator": name} | _pace(rows)
        record["gold"] = _gold(rows, work.known[work.known["annotator"] == name])
        record["retest"] = _retest(rows)
        record["with_others"] = {
            question: _with_others(frame, tables[question], name, work, question, draws=draws, seed=seed)
            for question, frame in given.items()
        }
        record["run"] = _longest_run(rows, usual_shares, seed)
        record["shares"] = {
            question: _shares(frame[frame["annotator"] == name], work.questions[question])
            for question, frame in given.items()
        }
        found.append(record)
    usual = float(np.median([record["skip_rate"] for record in found])) if found else 0.0
    return [record | {"talk": list(_talk(record, usual))} for record in found]


def _normal(answers: pd.DataFrame) -> pd.DataFrame:
    return answers[answers["kind"] == "normal"]


def _pace(rows: pd.DataFrame) -> dict[str, Any]:
    """Of annotations: one with two questions counts once."""
    once = rows.drop_duplicates("annotation_id")
    done = once[once["state"] == "submitted"]
    timed = done[done["lead_time_s"].notna()]
    # Of a sentence that the corpus no longer holds the length is not known.
    read = timed[timed["words"].notna()]
    hurried = read["lead_time_s"] < read["words"].astype(float) / WORDS_A_SECOND
    skipped = int((once["state"] == "skipped").sum())
    return {
        "submitted": len(done),
        "skipped": skipped,
        "skip_rate": skipped / len(once),
        "median_seconds": round(float(timed["lead_time_s"].median()), 1) if len(timed) else None,
        "seconds": [float(q) for q in timed["lead_time_s"].quantile([0.1, 0.5, 0.9])] if len(timed) else None,
        "hurried": float(hurried.mean()) if len(read) else None,
    }


def _share(right: int, of: int, undefined: str) -> dict[str, Any]:
    """A share and its 95 % interval (Wilson 1927, which holds for few items and for shares of 0 and 1)."""
    if not of:
        return {"value": None, "low": None, "high": None, "items": 0, "note": undefined}
    interval = binomtest(right, of).proportion_ci(method="wilson")
    return {"value": right / of, "low": float(interval.low), "high": float(interval.high), "items": of}


def _given(rows: pd.DataFrame) -> pd.DataFrame:
    """The answers that have a label; one that is to be given again under another label set has none."""
    return rows[(rows["state"] == "submitted") & rows["label"].notna()]


def _gold(rows: pd.DataFrame, known: pd.DataFrame) -> dict[str, Any]:
    own = _given(rows[rows["kind"] == "gold"])
    both = own.merge(known, on=["sentence_id", "question"], suffixes=("", "_known"))
    return _share(int((both["label"] == both["label_known"]).sum()), len(both), "no gold item was answered")


def _retest(rows: pd.DataFrame) -> dict[str, Any]:
    done = _given(rows).sort_values(["updated_at", "annotation_id"])
    key = ["sentence_id", "question"]
    first = done[done["kind"] == "normal"].drop_duplicates(key, keep="last")
    second = done[done["kind"] == "retest"].drop_duplicates(key, keep="last")
    both = first.merge(second, on=key, suffixes=("", "_again"))
    return _share(int((both["label"] == both["label_again"]).sum()), len(both), "no sentence came back yet")


def _counts(votes: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """(sentences, labels): how many votes each label has."""
    table = votes.groupby(["sentence_id", "label"]).size().unstack(fill_value=0)
    return table.reindex(columns=list(labels), fill_value=0)


def _with_others(
    votes: pd.DataFrame, counts: pd.DataFrame, name: str, work: Work, question: str, *, draws: int, seed: int
) -> dict[str, Any]:
    """Cohen's kappa with the label that most of the others gave; sentences where they tie are left out."""
    labels = list(work.questions[question])
    own = votes[votes["annotator"] == name][["sentence_id", "annotator", "label"]]
    table = counts.loc[own["sentence_id"]].to_numpy().copy()
    table[np.arange(len(own)), [labels.index(label) for label in own["label"]]] -= 1
    most = table.max(axis=1, initial=0)
    clear = (table == most[:, None]).sum(axis=1) == 1
    mine = own[clear]
    theirs = mine.assign(annotator=_OTHERS, label=[labels[n] for n in table[clear].argmax(axis=1)])
    both = pd.concat([mine, theirs], ignore_index=True)
    both["doc_id"] = both["sentence_id"].map(work.documents).fillna(both["sentence_id"])
    pairs = agreement(both, labels, question, draws=draws, seed=seed).pairwise
    if pairs.empty:
        return Estimate(None, None, None, "no sentence on which the others agree").as_dict() | {"items": 0}
    pair = pairs.iloc[0].astype(object).where(pairs.iloc[0].notna(), None)
    note = "" if pair["kappa"] is not None else "one and the same label throughout"
    return Estimate(pair["kappa"], pair["low"], pair["high"], note).as_dict() | {"items": int(pair["items"])}


def _longest_run(rows: pd.DataFrame, usual: Mapping[str, Mapping[str, float]], seed: int) -> dict[str, Any] | None:
    """The least likely of the longest runs of one answer, over the questions, in the order of the work.

    Whose answers are all the same cannot be shuffled: theirs are compared with how often everybody gives that label.
    """
    found: list[dict[str, Any]] = []
    for question, shares in usual.items():
        own = _given(rows[rows["question"] == question])
        own = own.sort_values(["created_at", "annotation_id"])
        codes, names = pd.factorize(own["label"])
        if len(codes) < 2:
            continue
        length, at = longest_run(codes)
        label = str(names[codes[at]])
        chance = float(shares.get(label, 0.0) ** length) if len(names) == 1 else _chance_of_run(codes, length, seed)
        found.append({"question": question, "label": label, "length": length, "chance": chance})
    return min(found, key=lambda run: float(run["chance"]), default=None)


def _chance_of_run(codes: Codes, length: int, seed: int) -> float:
    """How often shuffling gives a run as long; with the order itself counted in, so never 0."""
    rng, shuffled = np.random.default_rng(seed), codes.copy()
    as_long = 0
    for _ in range(_SHUFFLES):
        rng.shuffle(shuffled)
        as_long += longest_run(shuffled)[0] >= length
    return (as_long + 1) / (_SHUFFLES + 1)


def longest_run(codes: Codes) -> tuple[int, int]:
    """Length of the longest run of equal numbers, and where it begins."""
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    lengths = np.diff(np.r_[starts, len(codes)])
    longest = int(lengths.argmax())
    return int(lengths[longest]), int(starts[longest])


def _shares(own: pd.DataFrame, labels: Sequence[str]) -> dict[str, float]:
    counts = own["label"].value_counts()
    return {label: float(counts.get(label, 0) / len(own)) if len(own) else 0.0 for label in labels}


def _talk(record: Mapping[str, Any], usual_skips: float) -> Iterator[str]:
    gold, again, run = record["gold"], record["retest"], record["run"]
    if gold["items"] >= FEWEST and gold["value"] < GOLD_ACCURACY:
        yield f"{gold['value']:.0%} of {gold['items']} known answers right"
    for question, kappa in record["with_others"].items():
        if kappa["items"] >= FEWEST_SHARED and kappa["value"] is not None and (kappa["low"] or 0) <= 0:
            yield f"answers to {question} agree with the others' no better than chance ({kappa['value']:.2f})"
    if run is not None and run["chance"] <= CHANCE_OF_RUN:
        yield f"{run['length']} times {run['label']} in a row ({run['question']})"
    if record["hurried"] is not None and record["hurried"] > HURRIED:
        yield f"{record['hurried']:.0%} of the answers came faster than the sentence can be read"
    if record["skip_rate"] > max(SKIPPED, 2 * usual_skips):
        yield f"{record['skip_rate']:.0%} skipped"
    if again["items"] >= FEWEST and again["value"] < SELF_AGREEMENT:
        yield f"{again['value']:.0%} of {again['items']} second answers like the first"

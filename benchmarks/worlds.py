"""Labelled news of a world whose truth is known, and the faults that can be planted in it. Seeded.

A sentence names Russia or the United States twice, each time with a good, a bad or a plain word; name and word
together make its stance. Around them stand words that mean nothing. Documents lean to a label; their outlet, date and
event tell nothing. Six annotators: four answer each sentence, and each is right in 92 % of cases.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from corpus import tables
from corpus.labels import Labels
from corpus.versions.dataset import Dataset, freeze, load
from labeling.gold.aggregate import aggregate
from train.settings import TfidfSettings, TrainSettings

QUESTION = "stance"
STANCES = ("pro-Russia", "pro-US", "neutral")
LABELS = Labels.model_validate({"questions": {QUESTION: {"labels": {s: {} for s in STANCES}, "sides": STANCES[:2]}}})
SETTINGS = TrainSettings(
    model="tfidf",
    bootstrap_draws=500,
    tfidf=TfidfSettings(word_ngrams=(1, 2), char_ngrams=(4, 4), C=10.0, min_sentences=2),
)

_NAMES = {"Russia": ("Russia", "Moscow"), "US": ("America", "Washington")}
_WORDS = {
    "good": ("honest", "patient", "noble"),
    "bad": ("brutal", "reckless", "deceitful"),
    "plain": ("northern", "autumn", "distant"),
}
_OUTLETS = tuple(f"The {name}" for name in ("Harbour", "Beacon", "Ledger", "Mirror", "Courier", "Lantern"))
_EVENTS = tuple(f"event {number}" for number in range(6))
_PEOPLE = tuple(f"{name}@example.org" for name in ("ann", "ben", "cas", "dan", "eve", "flo"))
_RIGHT = 0.92
_EACH = 4
TEST_SHARE = 0.25

Sentences = pd.DataFrame
Fault = Callable[[Sentences, np.random.Generator], Sentences]


def world(seed: int, documents: int = 120, each: int = 5) -> Sentences:
    """Sentences with their true stance: doc_id, index, outlet, event, published_at, stance, text, split."""
    rng = np.random.default_rng(seed)
    filler = _filler(rng)
    rows = []
    tested = set(rng.permutation(documents)[: round(documents * TEST_SHARE)].tolist())
    for number in range(documents):
        day = pd.Timestamp("2025-01-01 09:00", tz="UTC") + pd.Timedelta(days=int(rng.integers(360)))
        of = (str(rng.choice(_OUTLETS)), str(rng.choice(_EVENTS)), day)
        lean = rng.dirichlet([6, 6, 6])
        for index in range(each):
            stance = str(rng.choice(STANCES, p=lean))
            side, text = said(stance, filler, rng)
            rows.append((f"d{number:04}", index, *of, stance, side, text, "test" if number in tested else "train"))
    columns = ["doc_id", "index", "outlet", "event", "published_at", "stance", "side", "text", "split"]
    return pd.DataFrame(rows, columns=columns)


def said(stance: str, filler: np.ndarray, rng: np.random.Generator, side: str | None = None) -> tuple[str, str]:
    """The side that a sentence names, and a sentence of that stance."""
    side = side or str(rng.choice(["Russia", "US"]))
    mood = "plain" if stance == "neutral" else "good" if stance == f"pro-{side}" else "bad"
    words = list(rng.choice(filler, size=10))
    for place in (7, 2):
        words.insert(place, f"{rng.choice(_WORDS[mood])} {rng.choice(_NAMES[side])}")
    return side, f"{' '.join(words).capitalize()}."


def _filler(rng: np.random.Generator) -> np.ndarray:
    starts, ends = ("ba", "ko", "du", "fe", "gi", "lo", "mu", "pa", "ri", "so", "te", "vu"), ("n", "r", "l", "st", "m")
    syllables = [a + b for a in starts for b in ends]
    return np.array(sorted({"".join(rng.choice(syllables, size=3)) for _ in range(600)}))


def copied(rows: Sentences, rng: np.random.Generator) -> Sentences:
    """5 % of the test sentences are training sentences with a word changed."""
    test, train = rows.index[rows["split"] == "test"], rows.index[rows["split"] == "train"]
    chosen = rng.choice(test, size=max(1, round(0.05 * len(test))), replace=False)
    origin = rng.choice(train, size=len(chosen), replace=False)
    rows.loc[chosen, "text"] = [text.replace(".", " tomorrow.") for text in rows.loc[origin, "text"]]
    rows.loc[chosen, ["stance", "side"]] = rows.loc[origin, ["stance", "side"]].to_numpy()
    return rows


def _decided(rows: Sentences, answer: pd.Series, share: float, rng: np.random.Generator) -> Sentences:
    """``share`` of the sentences get the stance of ``answer``, and say it."""
    changed = rng.random(len(rows)) < share
    filler = _filler(rng)
    stance = rows["stance"].where(~changed, answer)
    text = [said(s, filler, rng, side)[1] for s, side in zip(stance, rows["side"], strict=True)]
    return rows.assign(stance=stance, text=text)


def outlet_decides(rows: Sentences, rng: np.random.Generator) -> Sentences:
    """In 75 % of the sentences the outlet decides the stance."""
    known = dict(zip(_OUTLETS, STANCES * 2, strict=True))
    return _decided(rows, rows["outlet"].map(known), 0.75, rng)


def date_decides(rows: Sentences, rng: np.random.Generator) -> Sentences:
    """In 75 % of the sentences the month decides the stance."""
    return _decided(rows, rows["published_at"].dt.month.map(lambda month: STANCES[month % 3]), 0.75, rng)


def flipped(rows: Sentences, rng: np.random.Generator) -> Sentences:
    """5 % of the sentences have another label than they should, whoever is asked."""
    chosen = rng.choice(rows.index, size=round(0.05 * len(rows)), replace=False)
    for at in chosen:
        rows.loc[at, "stance"] = rng.choice([s for s in STANCES if s != rows.loc[at, "stance"]])
    return rows


def only_names(rows: Sentences, rng: np.random.Generator) -> Sentences:
    """In the training sentences that name Russia it is always bad, whatever is said of it."""
    filler = _filler(rng)
    for at in rows.index[(rows["split"] == "train") & (rows["side"] == "Russia")]:
        rows.loc[at, ["stance", "text"]] = ["pro-US", said(str(rng.choice(STANCES)), filler, rng, "Russia")[1]]
    return rows


def small(rows: Sentences, rng: np.random.Generator) -> Sentences:
    """The test has eight documents."""
    kept = set(rows.loc[rows["split"] == "test", "doc_id"].drop_duplicates().iloc[:8])
    return rows.assign(split=np.where(rows["doc_id"].isin(kept), "test", "train"))


def clean(rows: Sentences, rng: np.random.Generator) -> Sentences:
    """Nothing is planted."""
    return rows


def random_clicks(votes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One of six annotators clicks at random."""
    own = votes["annotator"] == _PEOPLE[3]
    return votes.assign(label=votes["label"].mask(own, pd.Series(rng.choice(STANCES, len(votes)), votes.index)))


def two_camps(votes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A quarter of the sentences are pro-US to three annotators and neutral to the others."""
    names = votes["sentence_id"].unique()
    disputed = votes["sentence_id"].isin(rng.choice(names, size=len(names) // 4, replace=False))
    camp = np.where(votes["annotator"].isin(_PEOPLE[:3]), "pro-US", "neutral")
    return votes.assign(label=votes["label"].mask(disputed, pd.Series(camp, votes.index)))


# Fault -> what it does to the sentences, to the votes, and the audit that must name it.
FAULTS: dict[str, tuple[Fault, Fault, str]] = {
    "a copied sentence across the split": (copied, clean, "leaks"),
    "an outlet that decides the label": (outlet_decides, clean, "leaks"),
    "a label leak through a date": (date_decides, clean, "leaks"),
    "an annotator who clicks at random": (clean, random_clicks, "ceiling"),
    "two camps": (clean, two_camps, "panel"),
    "5 % flipped labels": (flipped, clean, "label errors"),
    'a model that only knows "Russia" is bad': (only_names, clean, "symmetry"),
    "a test set too small for its claim": (small, clean, "enough data"),
}
CLEAN: tuple[Fault, Fault, str] = (clean, clean, "")


def released(folder: Path, seed: int, fault: tuple[Fault, Fault, str] = CLEAN, documents: int = 120) -> Dataset:
    """A dataset version in ``folder`` with the fault planted."""
    rng = np.random.default_rng([seed, 1])
    rows = fault[0](world(seed, documents), rng)
    rows["sentence_id"] = rows["doc_id"] + "-" + rows["index"].astype(str)
    votes = fault[1](_votes(rows, rng), rng)
    annotations = votes.assign(
        annotation_id=[f"a{number:06}" for number in range(len(votes))], question=QUESTION, state="submitted",
        suggestion=False, revision=1, server="world", skip_reason=None, created_at=pd.NaT, updated_at=pd.NaT,
        lead_time_s=4.0, labels_version=LABELS.version, project="1", kind=None,
    )  # fmt: skip
    sentences = rows[["sentence_id", "doc_id", "index", "text"]].assign(
        start=rows["index"] * 1000, end=lambda t: t["start"] + t["text"].str.len(), cluster_id=rows["sentence_id"],
        language="en", flags=None,
    )  # fmt: skip
    number = rows["doc_id"].str[1:].astype(int)
    training = rows["split"] == "train"
    split = rows[["sentence_id", "split"]].assign(fold=(number % 5).where(training, -1), group=rows["doc_id"] + "-0")
    origin = rows.drop_duplicates("doc_id")[["doc_id", "outlet", "event", "published_at"]]
    empty = dict.fromkeys(("record_id", "title", "byline", "url", "target", "split", "language"))
    made = freeze(
        folder,
        "world",
        sentences=sentences,
        documents=origin.assign(**empty, source="world", x_outlet_country=None),
        annotations=annotations[list(tables.ANNOTATIONS.columns)],
        gold=aggregate(annotations, LABELS, "majority"),
        split=split,
        recipe={"split": "document", "test_share": TEST_SHARE, "folds": 5, "seed": seed},
        labels=LABELS.model_dump(mode="json"),
        labels_version=LABELS.version,
        simulated=_PEOPLE,
    )
    return load(made.path)


def _votes(rows: Sentences, rng: np.random.Generator) -> pd.DataFrame:
    found = []
    for sentence, stance in zip(rows["sentence_id"], rows["stance"], strict=True):
        for person in rng.choice(_PEOPLE, size=_EACH, replace=False):
            wrong = [s for s in STANCES if s != stance]
            found.append((sentence, str(person), stance if rng.random() < _RIGHT else str(rng.choice(wrong))))
    return pd.DataFrame(found, columns=["sentence_id", "annotator", "label"])

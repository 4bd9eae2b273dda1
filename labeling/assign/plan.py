"""The plan of a batch: for each annotator, which sentences in which order, shown how, and what is mixed in.

Tables only; nothing here knows of a server. A plan has a row for each item: ``annotator``, ``sentence_id``, ``kind``
(normal, gold, retest), ``position`` (in the annotator's project, from 0), ``cue`` and ``suggestion`` (the arms),
``known`` (of gold: the known answers as JSON, else None).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from corpus.errors import UsageError, listed
from labeling.assign.design import Block, NoDesign, design, pair_counts

COLUMNS = ("annotator", "sentence_id", "kind", "position", "cue", "suggestion", "known")

# Each draw has a stream of its own, so that asking for gold, say, leaves everything else as it was.
_DESIGN, _OVERLAP, _CUE, _SUGGESTION, _ORDER, _GOLD, _RETEST = range(7)


@dataclass(frozen=True)
class Asked:
    """What the lead asks for; shares are from 0 to 1.

    ``overlap`` people label each sentence, or only a share ``overlap_share`` of the sentences and one person the rest.
    ``gold_rate`` is the share of gold among the first showings, ``retest_share`` that of second showings on top.
    """

    overlap: int
    overlap_share: float = 1.0
    max_per_document: int | None = None
    gold_rate: float = 0.0
    retest_share: float = 0.0
    cue_share: float = 0.0
    suggestion_share: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Beside:
    """What is there beside the batch.

    ``known``: sentence -> its known answers as JSON. ``met``: annotator -> sentences that are no hidden gold for them,
    since they know them. ``earlier``: annotator -> sentences they labelled in other batches, which may come back.
    ``order``: sentences, the first to be labelled first; those it lacks come last.
    """

    known: Mapping[str, str] = field(default_factory=dict)
    met: Mapping[str, Collection[str]] = field(default_factory=dict)
    earlier: Mapping[str, Sequence[str]] = field(default_factory=dict)
    order: Sequence[str] | None = None


def _share(of: int, share: float) -> int:
    return int(of * share + 0.5)


def _drawn(names: Sequence[str], share: float, rng: np.random.Generator) -> set[str]:
    return {names[n] for n in rng.permutation(len(names))[: _share(len(names), share)]}


def plan(batch: pd.DataFrame, annotators: Collection[str], asked: Asked, beside: Beside) -> pd.DataFrame:
    """Who labels what.

    Parameters
    ----------
    batch : DataFrame
        The ``batch`` table.
    annotators : collection of str
        Their addresses; the order does not matter.
    asked, beside : Asked, Beside
        What is wanted, and what is there to mix in.

    Returns
    -------
    DataFrame
        The plan, by annotator and position.

    Raises
    ------
    UsageError
        More overlap than annotators, or a document with more sentences than ``max_per_document`` leaves room for.
    """
    people = sorted(annotators)
    if asked.overlap > len(people):
        raise UsageError(
            f"an overlap of {asked.overlap} needs as many annotators, got {len(people)} ({listed(people)}); "
            "name more of them, or lower it with --overlap"
        )
    sentences = batch["sentence_id"].tolist()
    several = _drawn(sentences, asked.overlap_share, _stream(asked, _OVERLAP))
    overlap = [asked.overlap if sentence in several else 1 for sentence in sentences]
    blocks = designed(batch, overlap, people, asked)
    given = {
        person: [sentence for sentence, block in zip(sentences, blocks, strict=True) if number in block]
        for number, person in enumerate(people)
    }
    return rows(given, arms(sentences, asked), asked, beside)


def designed(
    batch: pd.DataFrame,
    overlap: Sequence[int],
    people: Sequence[str],
    asked: Asked,
    fixed: Sequence[Block] | None = None,
    loads: Sequence[int] | None = None,
) -> list[Block]:
    """:func:`labeling.assign.design.design` for a batch and people with names; what cannot be is a UsageError."""
    try:
        return design(
            batch["doc_id"].tolist(),
            overlap,
            len(people),
            rng=_stream(asked, _DESIGN),
            most=asked.max_per_document,
            fixed=fixed,
            loads=loads,
        )
    except NoDesign as error:
        raise UsageError(
            f"document {error.document} has {error.wanted} answers to give, and {len(people)} annotators with at most "
            f"{asked.max_per_document} of its sentences each do not suffice: raise --max-per-document, lower "
            "--overlap, or name more annotators"
        ) from None


def arms(sentences: Sequence[str], asked: Asked) -> tuple[set[str], set[str]]:
    """The sentences shown with outlet and byline, and those shown with a suggestion; drawn apart from each other."""
    return (
        _drawn(sentences, asked.cue_share, _stream(asked, _CUE)),
        _drawn(sentences, asked.suggestion_share, _stream(asked, _SUGGESTION)),
    )


def rows(
    given: Mapping[str, Sequence[str]], shown: tuple[Collection[str], Collection[str]], asked: Asked, beside: Beside
) -> pd.DataFrame:
    """The plan for what each annotator was given: gold and second showings are chosen, everything is put in order.

    ``shown`` are the arms, as :func:`arms` gives them.
    """
    cue, suggestion = shown
    found: list[tuple[str, str, str, int, bool, bool, str | None]] = []
    for person, own in given.items():
        gold = _gold(person, own, asked, beside)
        first = _ordered(person, own, gold, asked, beside)
        kinds = [(sentence, "gold" if sentence in gold else "normal") for sentence in first]
        kinds += [(sentence, "retest") for sentence in _retest(person, first, {*gold, *suggestion}, asked, beside)]
        for position, (sentence, kind) in enumerate(kinds):
            # A model's suggestion in view would make a second showing, and a known answer, say something else.
            suggested = kind == "normal" and sentence in suggestion
            known = beside.known[sentence] if kind == "gold" else None
            found.append((person, sentence, kind, position, sentence in cue, suggested, known))
    return pd.DataFrame(found, columns=list(COLUMNS))


def _gold(person: str, own: Sequence[str], asked: Asked, beside: Beside) -> set[str]:
    """Sentences with known answers that are new to the person."""
    wanted = _share(len(own), asked.gold_rate / (1 - asked.gold_rate))
    taken = {*own, *beside.met.get(person, ())}
    free = sorted(sentence for sentence in beside.known if sentence not in taken)
    return {free[n] for n in _stream(asked, _GOLD, person).permutation(len(free))[:wanted]}


def _ordered(person: str, own: Sequence[str], gold: set[str], asked: Asked, beside: Beside) -> list[str]:
    """Own sentences shuffled, or in the order that was asked for, with the gold at random places among them."""
    rng = _stream(asked, _ORDER, person)
    first = [own[n] for n in rng.permutation(len(own))]
    if beside.order is not None:
        place = {sentence: n for n, sentence in enumerate(beside.order)}
        first.sort(key=lambda sentence: place.get(sentence, len(place)))
    for sentence in sorted(gold):
        first.insert(int(rng.integers(len(first) + 1)), sentence)
    return first


def _retest(person: str, first: Sequence[str], never: set[str], asked: Asked, beside: Beside) -> list[str]:
    """What comes back at the end: sentences of earlier batches before those of the first half of this one."""
    rng = _stream(asked, _RETEST, person)
    wanted = _share(len(first), asked.retest_share)
    here = [s for s in first[: (len(first) + 1) // 2] if s not in never]
    earlier = [s for s in beside.earlier.get(person, ()) if s not in first]
    chosen = [part[n] for part in (earlier, here) for n in rng.permutation(len(part))][:wanted]
    return [chosen[n] for n in rng.permutation(len(chosen))]


def _stream(asked: Asked, purpose: int, person: str = "") -> np.random.Generator:
    return np.random.default_rng([asked.seed, purpose, *person.encode("utf-8")])


def loads(plan: pd.DataFrame) -> list[dict[str, object]]:
    """For each annotator: how many sentences, gold, second showings, with cue, with suggestion."""
    return [
        {
            "annotator": str(person),
            "sentences": int((own["kind"] == "normal").sum()),
            "gold": int((own["kind"] == "gold").sum()),
            "retest": int((own["kind"] == "retest").sum()),
            "cue": int(own["cue"].sum()),
            "suggestion": int(own["suggestion"].sum()),
        }
        for person, own in plan.groupby("annotator")
    ]


def pairs(plan: pd.DataFrame) -> list[dict[str, object]]:
    """For every two annotators: how many sentences both label."""
    normal = plan[plan["kind"] == "normal"]
    people = sorted(plan["annotator"].unique())
    number = {person: n for n, person in enumerate(people)}
    blocks = [tuple(sorted(number[p] for p in own)) for _, own in normal.groupby("sentence_id")["annotator"]]
    counts = pair_counts(blocks, len(people))
    return [
        {"a": a, "b": people[m], "sentences": int(counts[n, m])}
        for n, a in enumerate(people)
        for m in range(n + 1, len(people))
    ]

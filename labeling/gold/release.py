"""Ledger, gold and corpus together become a frozen dataset version."""

from typing import get_args

import pandas as pd

from corpus import tables
from corpus.errors import StanceError, TooFewLabels, listed
from corpus.labels import Labels
from corpus.sampling.draw import sealed_sentences
from corpus.versions.dataset import Frozen, freeze
from corpus.versions.splits import Missing, assign_split
from corpus.workspace import Workspace
from labeling.gold.aggregate import ADJUDICATED, METHODS, Method, aggregate, votes
from labeling.ledger.ledger import Kind, Ledger, open_ledger
from labeling.people.addresses import is_simulated
from labeling.quality.agreement import agreement

_A_HANDFUL = 100
_ROUNDING = 1e-6  # of a model's probabilities, on another machine


def release(
    workspace: Workspace,
    name: str,
    labels: Labels,
    *,
    split: str,
    test_share: float,
    folds: int,
    seed: int,
    missing_label: Missing = "refuse",
) -> Frozen:
    """Freeze the labelled sentences, their annotations, gold labels and split as ``datasets/NAME/vN``.

    Parameters
    ----------
    workspace : Workspace
        With corpus, ledger and gold.
    name : str
        Of the dataset.
    labels : Labels
        Frozen into the manifest, from where training takes questions and labels.
    split : str
        As :func:`corpus.versions.splits.assign_split` takes it in ``by``.
    test_share, folds, seed : float, int, int
        Of the split.
    missing_label : "refuse" or "note"
        When a label of the first question cannot be on both sides of the split. Of fewer than 100 sentences it is
        only noted.

    Raises
    ------
    TooFewLabels
        No sentence of the corpus has gold, the split cannot be had, or every test sentence was labelled with a
        suggestion in view.
    StanceError
        The gold is not that of the ledger: answers came, changed or went since it was made.
    """
    documents = tables.read(workspace.corpus / "documents.parquet", tables.DOCUMENTS)
    sentences = tables.read(workspace.corpus / "sentences.parquet", tables.SENTENCES)
    gold = tables.read(workspace.gold, tables.GOLD)
    if not gold["question"].isin(labels.enabled).any():
        raise TooFewLabels(
            f"nothing to release: {workspace.gold} answers {listed(gold['question'].unique())}, and the label "
            f"configuration asks {listed(labels.enabled)}. Run `stance label aggregate` with the same --labels."
        )
    gold = gold[gold["question"].isin(labels.enabled)].reset_index(drop=True)
    ledger = open_ledger(workspace)
    annotations = ledger.annotations()
    method = _method(gold)
    now = aggregate(annotations, labels, method, decisions=ledger.annotations(kinds=("adjudication",)))
    _refuse_stale(gold, now, method)
    labelled = sentences[sentences["sentence_id"].isin(gold["sentence_id"])]
    if labelled.empty:
        raise TooFewLabels(
            f"nothing to release: none of the {len(sentences)} sentences of the corpus is among the "
            f"{gold['sentence_id'].nunique()} with gold. Label, `stance label pull`, `stance label aggregate`; "
            "or build the corpus again from the files that were labelled."
        )
    gold = gold[gold["sentence_id"].isin(labelled["sentence_id"])]
    annotations = annotations[
        annotations["sentence_id"].isin(labelled["sentence_id"]) & annotations["question"].isin(labels.enabled)
    ]
    first = next(iter(labels.enabled))
    decided = gold[(gold["question"] == first) & gold["label"].notna()].set_index("sentence_id")["label"]
    here = documents[documents["doc_id"].isin(labelled["doc_id"])]
    origin = here.drop(columns=["text", "text_sha256", "language"])
    assigned = assign_split(
        labelled.merge(origin, on="doc_id", validate="many_to_one"),
        by=split,
        test_share=test_share,
        folds=folds,
        seed=seed,
        labels=decided,
        # A handful of sentences seldom has every label on both sides; the report calls them too few in any case.
        missing_label="note" if len(labelled) < _A_HANDFUL else missing_label,
        sealed=sealed_sentences(workspace),
    )
    assigned = _without_suggested(assigned, ledger)
    return freeze(
        workspace.datasets,
        name,
        sentences=labelled,
        documents=here,
        annotations=annotations,
        gold=gold,
        split=assigned,
        recipe={"split": split, "test_share": test_share, "folds": folds, "seed": seed, "gold": method},
        labels=labels.model_dump(mode="json"),
        labels_version=labels.version,
        simulated=sorted({name for name in annotations["annotator"] if is_simulated(name)}),
        agreement=_agreement(annotations, labelled, labels, seed=seed),
    )


def _without_suggested(split: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Take out of the test what anybody labelled with a model's suggestion in view, now or before: on no side then."""
    found = ledger.annotations(kinds=get_args(Kind))
    seen = set(found.loc[found["suggestion"], "sentence_id"])
    out = (split["split"] == "test") & split["sentence_id"].isin(seen)
    if not out.any():
        return split
    if out.sum() == (split["split"] == "test").sum():
        raise TooFewLabels(
            f"all {out.sum()} test sentences were labelled with a model's suggestion in view, and cannot test "
            "a model. Draw a test set with `stance corpus sample N --test` and label it without suggestions."
        )
    changed = split.assign(split=split["split"].mask(out, "unused"))
    note = f"{out.sum()} sentences are not in the test (`unused`): labelled with a model's suggestion in view"
    changed.attrs["notes"] = [*split.attrs.get("notes", []), note]
    return changed


def _method(gold: pd.DataFrame) -> Method:
    """How the gold was made."""
    found = set(gold["method"]) - {ADJUDICATED} or {METHODS[0]}
    known = [method for method in METHODS if method in found]
    if len(known) != 1 or len(found) != 1:
        raise StanceError(
            f"the gold labels were made by {listed(sorted(found))}, expected one of {listed(METHODS)}. "
            "Run `stance label aggregate`, then release."
        )
    return known[0]


def _refuse_stale(gold: pd.DataFrame, now: pd.DataFrame, method: Method) -> None:
    key = ["sentence_id", "question"]
    both = gold.merge(now, on=key, how="outer", suffixes=("", "_now"), indicator=True)
    same = (both["_merge"] == "both") & (both["votes"] == both["votes_now"])
    # A decision has no probability.
    same &= (both["probability"].fillna(-1) - both["probability_now"].fillna(-1)).abs() < _ROUNDING
    # Which probability was enough is not kept with the gold: of a model, a label may be open that is found now.
    unsure = (both["label"].isna() & both["probability"].notna()) if method != "majority" else False
    same &= (both["label"].fillna("") == both["label_now"].fillna("")) | unsure
    if not same.all():
        raise StanceError(
            f"the gold labels are not those of the ledger any more: {(~same).sum()} of {len(both)} differ, since "
            f"answers were pulled after they were made. Run `stance label aggregate --method {method}` with the same "
            "--labels, then release."
        )


def _agreement(
    annotations: pd.DataFrame, sentences: pd.DataFrame, labels: Labels, *, seed: int
) -> dict[str, dict[str, object]]:
    document = sentences.set_index("sentence_id")["doc_id"]
    found = {}
    for name, question in labels.enabled.items():
        given = votes(annotations, name, question.labels)
        if given.empty:
            continue
        given["doc_id"] = given["sentence_id"].map(document)
        result = agreement(given, list(question.labels), name, seed=seed)
        found[name] = {
            "alpha": result.alpha.as_dict(),
            "ac1": result.ac1.as_dict(),
            "items": result.items,
            "annotators": result.annotators,
        }
    return found

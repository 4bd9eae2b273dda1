"""Who and which labels need a talk: known figures, people who err in one way each, hostile names on the page."""

import re

import numpy as np
import pandas as pd
import pytest

from corpus.labels import Labels
from labeling.quality.annotators import Work, annotators, longest_run
from labeling.quality.labels import confusion, labels_of
from labeling.quality.page import render
from labeling.quality.plots import shown, stacked

SCRIPT, TURNED = "<script>alert(1)</script>@example.com", "\u202emoc.elpmaxe@di"
QUESTIONS = {"stance": ["a", "b", "<img src=x onerror=alert(1)>"]}
LABELS = Labels.model_validate(
    {"questions": {"stance": {"title": "<b>Stance</b>", "labels": {name: {} for name in QUESTIONS["stance"]}}}}
)
SENTENCES = 120
TRUTH = np.random.default_rng(5).choice(QUESTIONS["stance"], SENTENCES)
DOCUMENTS = {f"s{n}": f"d{n // 2}" for n in range(SENTENCES)}
START = pd.Timestamp("2026-01-05", tz="UTC")


class Bench:
    """Answers, written one after the other."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def add(self, who: str, sentence: int, label: str | None, *, kind: str = "normal", seconds: float = 9.0) -> None:
        number = len(self.rows)
        moment = START + pd.Timedelta(minutes=number)
        self.rows.append(
            {
                "annotation_id": f"server#{number:05}", "question": "stance", "sentence_id": f"s{sentence}",
                "annotator": who, "label": label, "state": "skipped" if label is None else "submitted", "kind": kind,
                "created_at": moment, "updated_at": moment, "lead_time_s": seconds, "words": 20,
            }
        )  # fmt: skip

    def careful(self, who: str, seed: int, **options: object) -> None:
        rng = np.random.default_rng(seed)
        for n in range(SENTENCES):
            self.add(who, n, TRUTH[n] if rng.random() < 0.9 else str(rng.choice(QUESTIONS["stance"])), **options)

    @property
    def answers(self) -> pd.DataFrame:
        return pd.DataFrame(self.rows)

    def people(self, known: pd.DataFrame | None = None) -> dict[str, dict]:
        none = pd.DataFrame(columns=["annotator", "sentence_id", "question", "label"])
        work = Work(self.answers, none if known is None else known, DOCUMENTS, QUESTIONS)
        return {record["annotator"]: record for record in annotators(work, draws=100, seed=1)}


@pytest.fixture
def bench():
    made = Bench()
    for seed, who in enumerate(("ann@example.com", "bob@example.com", "cy@example.com")):
        made.careful(who, seed)
    return made


def test_nobody_stands_out_among_careful_people(bench):
    people = bench.people()
    assert [record["talk"] for record in people.values()] == [[], [], []]
    ann = people["ann@example.com"]
    assert (ann["submitted"], ann["skipped"], ann["median_seconds"], ann["hurried"]) == (120, 0, 9.0, 0.0)
    assert ann["with_others"]["stance"]["value"] > 0.7
    assert sum(ann["shares"]["stance"].values()) == pytest.approx(1)
    assert (ann["gold"]["value"], ann["gold"]["note"]) == (None, "no gold item was answered")
    assert (ann["retest"]["value"], ann["retest"]["items"]) == (None, 0)


def test_random_clicking_shows_in_the_agreement_with_others(bench):
    rng = np.random.default_rng(9)
    for n in range(SENTENCES):
        bench.add("di@example.com", n, str(rng.choice(QUESTIONS["stance"])))
    (reason,) = bench.people()["di@example.com"]["talk"]
    assert reason.startswith("answers to stance agree with the others' no better than chance")


def test_hurry_is_what_cannot_be_read(bench):
    bench.careful("di@example.com", 7, seconds=1.9)
    bench.careful("eve@example.com", 8, seconds=2.1)
    people = bench.people()
    assert people["di@example.com"]["talk"] == ["100% of the answers came faster than the sentence can be read"]
    assert people["eve@example.com"]["talk"] == []


def test_straight_lining_is_a_run_that_shuffling_does_not_give(bench):
    order = np.argsort(TRUTH, kind="stable")
    for n in order:
        bench.add("di@example.com", int(n), TRUTH[n])
    for n in range(SENTENCES):
        bench.add("eve@example.com", n, "b")
    people = bench.people()
    run = people["di@example.com"]["run"]
    assert (run["label"], run["length"]) == (max(QUESTIONS["stance"], key=list(TRUTH).count), max(
        list(TRUTH).count(name) for name in QUESTIONS["stance"]
    ))  # fmt: skip
    assert run["chance"] == pytest.approx(1 / 2001)
    assert people["di@example.com"]["talk"] == [f"{run['length']} times {run['label']} in a row (stance)"]
    always = people["eve@example.com"]
    assert any("120 times b in a row" in reason for reason in always["talk"])
    assert always["run"]["chance"] < 1e-20
    assert people["ann@example.com"]["run"]["chance"] > 0.01


def test_longest_run():
    assert longest_run(np.array([0, 0, 1, 1, 1, 0])) == (3, 2)
    assert longest_run(np.array([2])) == (1, 0)


def test_skips_are_a_share_of_annotations_and_compared_with_the_usual(bench):
    for n in range(60):
        bench.add("di@example.com", n, TRUTH[n] if n % 3 else None)
    record = bench.people()["di@example.com"]
    assert (record["submitted"], record["skipped"]) == (40, 20)
    assert record["talk"] == ["33% skipped"]
    for who in ("ann", "bob", "cy"):
        for n in range(40):
            bench.add(f"{who}@example.com", n, None)
    assert bench.people()["di@example.com"]["talk"] == [], "everybody skips: the sentences are at fault"


def test_known_and_second_answers_with_wilsons_interval(bench):
    known = []
    for n in range(10):
        bench.add("ann@example.com", n, "a" if n < 4 else "b", kind="gold")
        known.append(("ann@example.com", f"s{n}", "stance", "a"))
        bench.add("bob@example.com", n, TRUTH[n], kind="retest")
    bench.add("ann@example.com", 11, "a", kind="gold")  # whose known answer was taken back
    frame = pd.DataFrame(known, columns=["annotator", "sentence_id", "question", "label"])
    people = bench.people(frame)
    gold = people["ann@example.com"]["gold"]
    # Wilson's interval of 4 of 10, as in his paper's formula.
    assert (gold["value"], gold["items"]) == (0.4, 10)
    assert (gold["low"], gold["high"]) == (pytest.approx(0.1682, abs=1e-4), pytest.approx(0.6873, abs=1e-4))
    assert people["ann@example.com"]["talk"] == ["40% of 10 known answers right"]
    first = [row["label"] for row in bench.rows if row["annotator"] == "bob@example.com" and row["kind"] == "normal"]
    same = sum(first[n] == TRUTH[n] for n in range(10))
    assert people["bob@example.com"]["retest"]["value"] == same / 10
    votes_before = people["ann@example.com"]["with_others"]["stance"]["items"]
    assert votes_before <= SENTENCES, "gold and second answers are no votes"


def test_a_deleted_answer_counts_nowhere(bench):
    before = bench.people()["ann@example.com"]
    bench.rows.append(bench.rows[0] | {"annotation_id": "server#gone", "state": "deleted", "label": "b"})
    assert bench.people()["ann@example.com"] == before


def test_confusion_of_three_votes_is_krippendorffs_coincidences():
    # a a b: of the two votes beside a vote for a, one is a and one is b; beside b both are a.
    assert confusion(np.array([[2, 1, 0]])) == [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert confusion(np.array([[1, 0], [0, 3]])) == [[0.0, 0.0], [0.0, 1.0]], "one vote alone says nothing"


def votes(bench: Bench) -> pd.DataFrame:
    return bench.answers.assign(doc_id=bench.answers["sentence_id"].map(DOCUMENTS))


def test_the_label_that_people_read_differently_needs_a_talk(bench):
    frame = votes(bench)
    other = QUESTIONS["stance"][2]
    ann = frame["annotator"] == "ann@example.com"
    frame.loc[ann, "label"] = frame.loc[ann, "label"].replace({"b": other, other: "b"})
    found = labels_of(frame, QUESTIONS["stance"], "stance", {"s0": "text"}, draws=100, seed=1)
    talk = {record["label"]: record["talk"] for record in found["labels"]}
    assert talk == {"a": False, "b": True, other: True}
    assert sum(record["share"] for record in found["labels"]) == pytest.approx(1)
    assert found["confusion"][1][2] > found["confusion"][1][0]
    weeks = [week["week"] for week in found["weeks"]]
    assert weeks == ["2026-W02"]
    assert found["disputed"]
    assert all(len(sentence["votes"]) > 1 for sentence in found["disputed"])
    assert "(no longer in the corpus)" in {sentence["text"] for sentence in found["disputed"]}


def page(bench: Bench, texts: dict[str, str]) -> str:
    people = [record | {"simulated": False} for record in bench.people().values()]
    found = labels_of(votes(bench), QUESTIONS["stance"], "stance", texts, draws=100, seed=1)
    talk = {"annotators": {SCRIPT: [f"5 times {QUESTIONS['stance'][2]} in a row"]}, "labels": {"stance": ["a"]}}
    return render({"annotators": people, "questions": [found], "talk": talk}, LABELS)


@pytest.fixture
def hostile():
    made = Bench()
    for seed, who in enumerate((SCRIPT, TURNED, "=1+1@example.com")):
        made.careful(who, seed)
    texts = {f"s{n}": f"<svg/onload=alert(1)> {'x' * 100_000}" for n in range(SENTENCES)}
    return page(made, texts)


def test_hostile_names_labels_and_sentences_are_text_on_the_page(hostile):
    assert "<script" not in hostile
    assert "<img" not in hostile
    assert "<svg/onload" not in hostile
    assert "&lt;script&gt;alert(1)&lt;/script&gt;@example.com" in hostile
    assert "&lt;svg/onload=alert(1)&gt; xxxx" in hostile
    assert "<b>Stance</b>" not in hostile
    # In a picture there is no element to hold a direction mark back: there it is left out.
    assert shown(TURNED) == "moc.elpmaxe@di"
    assert shown("x" * 100) == "x" * 25 + "…"


def test_what_is_undefined_says_so_on_the_page(bench):
    assert "How long an answer takes" in page(bench, {})
    alone = Bench()
    alone.careful("ann@example.com", 1, seconds=float("nan"))
    shown_there = page(alone, {})
    assert "How long an answer takes" not in shown_there
    for said in (
        "No answer came with the time that it took", "no gold item was answered", "no sentence came back yet",
        "alpha undefined (no two labels differ, or no overlap)", "AC1 undefined (no item has two labels)",
        "raw agreement undefined (no item has two labels)",
    ):  # fmt: skip
        assert said in shown_there


@pytest.mark.parametrize("length", [8, 20, 60])
def test_a_legend_stays_within_its_picture(length):
    labels = [f"{n}".rjust(length, "n") for n in range(8)]
    picture = stacked(["everybody"], [dict.fromkeys(labels, 0.125)], dict.fromkeys(labels, "#0072b2"))
    names = re.findall(r'<text[^>]*(?:x="|translate\()([0-9.-]+)[^>]*>n', picture)
    assert len(names) == len(labels)
    # Each has its mark on its left.
    assert min(map(float, names)) > 20


def test_where_the_others_tie_nobody_is_compared():
    made = Bench()
    for sentence in range(30):
        for who, label in (("ann", "a"), ("bob", "a"), ("cy", "b")):
            made.add(who, sentence, label)
    people = made.people()
    assert {who: people[who]["with_others"]["stance"]["items"] for who in people} == {"ann": 0, "bob": 0, "cy": 30}


def test_an_answer_that_is_to_be_given_again_is_neither_right_nor_wrong():
    """Under another label set an answer may have no label, though it was submitted."""
    made = Bench()
    for kind in ("normal", "gold", "retest"):
        made.add("ann", 0, "a", kind=kind)
        made.add("ann", 1, None, kind=kind)
    known = pd.DataFrame(
        [("ann", f"s{n}", "stance", "a") for n in (0, 1)], columns=["annotator", "sentence_id", "question", "label"]
    )
    work = Work(made.answers.assign(state="submitted"), known, DOCUMENTS, QUESTIONS)
    (ann,) = annotators(work, draws=100, seed=1)
    assert (ann["run"]["label"], ann["run"]["length"]) == ("a", 3)
    (none,) = annotators(Work(work.answers.assign(label=None), known, DOCUMENTS, QUESTIONS), draws=100, seed=1)
    assert none["run"] is None
    assert (ann["gold"]["value"], ann["gold"]["items"]) == (1.0, 1)
    assert (ann["retest"]["value"], ann["retest"]["items"]) == (1.0, 1)

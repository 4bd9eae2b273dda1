from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from train.audits import ceiling, chance, names, panels
from train.audits.finding import Finding, Suspicion, corrected, holm, judged
from train.audits.label_errors import _surest, label_errors, suspects
from train.audits.standin import PENALTY, cross_fitted, folds_of, macro_f1


def test_holm_as_published() -> None:
    # Holm (1979): the smallest of four times four, the next times three, and so on; none falls below an earlier one.
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == pytest.approx(
        {"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06}
    )
    assert corrected([0.5, 0.01]) == 0.02
    assert corrected([]) is None


def test_a_suspicion_must_be_more_than_chance_and_a_fact_need_not() -> None:
    findings = {
        "sure": Finding(clear="-", suspicions=[Suspicion("sure", 0.001)], p=0.001),
        "chance": Finding(clear="fine", suspicions=[Suspicion("chance", 0.02)], p=0.02),
        "small": Finding(clear="fine", p=0.0001),
        "fact": Finding(clear="-", suspicions=[Suspicion("fact", None)]),
        "none": Finding(unknown="no data"),
    }
    found = judged(findings, dict.fromkeys(findings, "m"))
    verdicts = {name: audit["verdict"] for name, audit in found.items()}
    assert verdicts == {"sure": "alarm", "chance": "alarm", "small": "clear", "fact": "alarm", "none": "unknown"}
    findings["chance"] = Finding(clear="fine", suspicions=[Suspicion("chance", 0.03)], p=0.03)
    found = judged(findings, dict.fromkeys(findings, "m"))
    assert (found["chance"]["verdict"], found["chance"]["says"], found["chance"]["reasons"]) == ("clear", "fine", [])
    assert (found["none"]["says"], found["none"]["p"]) == ("no data", None)


def test_a_p_of_zero_lets_no_other_suspicion_of_its_audit_through() -> None:
    found = judged(
        {
            "leaks": Finding(clear="-", suspicions=[Suspicion("outlet", 0.0), Suspicion("time", 0.02)], p=0.0),
            "words": Finding(clear="-", p=0.5),
        },
        {"leaks": "m", "words": "m"},
    )
    assert found["leaks"]["reasons"] == ["outlet"]


def test_against_chance_is_uniform_where_there_is_nothing() -> None:
    rng = np.random.default_rng(0)
    values = [chance.against(float(row[0]), row[1:], larger=True) for row in rng.normal(size=(2000, 21))]
    for level in (0.01, 0.05, 0.5):
        assert np.mean(np.array(values) <= level) == pytest.approx(level, abs=3 * np.sqrt(level / 2000))
    assert chance.against(9.0, rng.normal(size=20).tolist(), larger=True) < 1e-6
    assert chance.against(1.0, [1.0, 1.0, 1.0], larger=True) == 1.0
    # Twenty equal draws say no more than that one in twenty-one is as far out.
    assert chance.against(2.0, [1.0] * 20, larger=True) == pytest.approx(1 / 21)


def test_most_votes_and_most_of_the_others() -> None:
    votes = pd.DataFrame(
        [("s1", "a", "x"), ("s1", "b", "x"), ("s1", "c", "y"), ("s2", "a", "x"), ("s2", "b", "y")],
        columns=["sentence_id", "annotator", "label"],
    )
    assert panels.plurality(panels.counted(votes, ("x", "y"))).fillna("").tolist() == ["x", ""]
    assert panels.others(votes, ("x", "y"))["rest"].fillna("").tolist() == ["", "", "x", "y", "x"]


def test_how_doubtful_a_label_is_by_its_votes() -> None:
    # Annotators who are right in 90 % of cases, two labels: three against one is odds of 9 x 9 to 1.
    rng = np.random.default_rng(1)
    right = rng.binomial(4, 0.9, size=20_000)
    counts = np.column_stack([right, 4 - right])
    counts[0] = (3, 1)
    assert panels.doubt(counts, np.zeros(20_000, dtype=int))[0] == pytest.approx(1 / 82, rel=0.1)
    assert panels.doubt(np.array([[1, 0], [0, 0]]), np.array([0, 0])).tolist() == [0.0, 0.0]


def test_camps_are_found_and_a_careless_annotator_is_none() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(3, size=300)
    together = np.where(rng.random((300, 6)) < 0.9, truth[:, None], rng.integers(3, size=(300, 6)))
    apart = together.copy()
    apart[:90, :2] = (truth[:90, None] + 1) % 3
    camp, gap = panels.camps(apart)
    assert set(np.flatnonzero(camp)) in ({0, 1}, {2, 3, 4, 5})
    assert gap > 0.3
    # The same camps when they are given, and none where others are.
    assert panels.gap(apart, camp) == pytest.approx(gap)
    assert panels.gap(apart, np.array([True, False, True, False, True, False])) < 0.05
    careless = together.copy()
    careless[:, 5] = rng.integers(3, size=300)
    assert panels.camps(careless)[1] < 0.05


def test_names_are_masked_and_sides_kept() -> None:
    text = "Officials in Moscow told Anna Berg of the Harbour Post that Paris agreed."
    known = names.known([text])
    assert names.masked(text, names=known, outlets=["Harbour Post"], sides=True).count("Someone") >= 3
    kept = names.masked(text, names=known, outlets=["Harbour Post"], sides=False)
    assert "Moscow" in kept
    assert not {"Anna", "Berg", "Harbour", "Paris"} & set(kept.replace(".", "").split())
    assert names.kind("moscow", known, []) == "side"
    assert names.kind("paris agreed", known, []) == "name"
    own = names.of_outlets([text], ["Harbour Post"])
    assert own == {"harbour": "Harbour Post", "post": "Harbour Post"}
    assert names.kind("harbour", known, own) == "outlet"
    assert names.kind("agreed", known, own) == ""
    assert names.kind("u s", known, own) == "side"


def test_a_common_word_of_an_outlet_s_name_is_no_outlet() -> None:
    texts = ["Beacon Abroad reported it.", "They went Abroad.", "He lives abroad.", "Beacon Abroad, a station, agreed."]
    own = names.of_outlets(texts, ["Beacon Abroad", "Harbour Post"])
    assert own == {"beacon": "Beacon Abroad", "abroad": "Beacon Abroad"}
    assert "abroad" not in names.of_outlets([*texts, "From abroad."], ["Beacon Abroad"])


def test_a_headline_with_capitals_is_not_all_names() -> None:
    headline = "Mayor Berg Is Left Alone As A Storm Nears"
    known = names.known(
        [headline, "They left it as it is, alone, after a storm.", "It was left to Berg.", "A storm nears."]
    )
    assert {"berg"} <= known
    assert not {"is", "left", "alone", "as", "a", "storm", "nears"} & known
    assert names.masked(headline, names=known, outlets=[], sides=True) == "Mayor Someone Is Left Alone As A Storm Nears"
    text = "The words of Bank of England men, and Bank clerks."
    known = names.known([text, "He left England for the Bank."])
    assert names.masked(text, names=known, outlets=[], sides=True) == "The words of Someone men, and Someone clerks."


def test_the_stand_in_is_ridge_regression_without_the_fold() -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(3, size=200)
    values = np.hstack([np.eye(3)[codes] + rng.normal(scale=0.4, size=(200, 3)), np.ones((200, 1))])
    fold = folds_of(np.arange(200) // 4, rng)
    assert np.bincount(fold).tolist() == [40] * 5
    assert all(len(set(fold[at : at + 4])) == 1 for at in range(0, 200, 4))
    found = cross_fitted(values, codes, 3, fold)
    assert macro_f1(codes, found, 3) > 0.85
    # Labels of a held-out fold are not seen: exchanged among themselves they change no answer there.
    other = codes.copy()
    other[fold == 0] = rng.permutation(codes[fold == 0])
    assert (cross_fitted(values, other, 3, fold)[fold == 0] == found[fold == 0]).all()
    assert (cross_fitted(values, codes, 3, np.where(fold == 0, -1, fold))[fold == 0] == -1).all()


def test_what_is_of_one_document_counts_as_less() -> None:
    # Ten documents of eight sentences each; in the second table a document is all right or all wrong.
    names = [f"s{number}" for number in range(80)]
    units = pd.Series([f"d{number // 8}" for number in range(80)], names)
    apart = pd.DataFrame({"sentence_id": names, "label": "x", "rest": np.where(np.arange(80) % 8 < 2, "y", "x")})
    together = apart.assign(rest=np.where(np.arange(80) < 20, "y", "x"))
    assert [ceiling._spread(part, units)[1] for part in (apart, together)] == [10, 10]
    assert ceiling._spread(together, units)[0] > 2 * ceiling._spread(apart, units)[0]
    # Of whole documents the closed form is that of their ten means.
    whole = apart.assign(rest=np.where(np.arange(80) < 24, "y", "x"))
    assert ceiling._spread(whole, units)[0] == pytest.approx(np.std([0] * 3 + [1] * 7, ddof=1) / np.sqrt(10))


def test_contradictions_that_come_in_documents_prove_less() -> None:
    units, confidence, allowed = pd.Series(np.arange(400) // 4), np.linspace(0, 1, 400), np.full(400, 0.01)
    spread, clumped = (np.zeros(400, dtype=bool) for _ in range(2))
    spread[200::20], clumped[300:310] = True, True
    found = [_surest(units, confidence, against, allowed, 0.5) for against in (spread, clumped)]
    assert [part["against"] for part in found] == [10, 10]
    # The published tail of a Poisson variable: ten or more where two are expected.
    assert found[0]["p"] == pytest.approx(stats.poisson.sf(9, 2.0), rel=1e-6)
    assert found[1]["p"] > 100 * found[0]["p"]


def surest_and_wrong(least_sure: int, surest: int) -> Finding:
    """400 sentences, surer from first to last; so many contradict gold in the first and in the last 150 of 240."""
    sure = np.linspace(0.6, 0.99, 400)
    wrong = np.isin(np.arange(400), [*range(170, 170 + least_sure), *range(390, 390 + surest)])
    rows = pd.DataFrame({"label": np.where(wrong, "b", "a"), "predicted": "a", "p_a": sure, "p_b": 1 - sure})
    rows = rows.assign(unit=[f"d{at}" for at in range(400)], text="Text.", agreement=1.0)
    rows.loc[:9, ["label", "predicted", "p_a", "p_b"]] = ["b", "b", 0.3, 0.7]
    votes = pd.DataFrame({"sentence_id": pd.Series(dtype=str), "annotator": "", "label": pd.Series(dtype=str)})
    of: Any = SimpleNamespace(held_out=rows, labels=("a", "b"), votes=votes)
    of.codes = lambda labels: pd.Categorical(labels, categories=["a", "b"]).codes.astype(np.intp)
    return label_errors(of)


def test_contradictions_are_said_to_be_as_many_as_they_are() -> None:
    few, thinned, stay = surest_and_wrong(1, 0), surest_and_wrong(40, 1), surest_and_wrong(20, 10)
    assert few.clear.startswith("1 of the 240 sentences that the model is surest of contradict their gold label; votes")
    assert "and slips explain 2. " in few.clear
    assert thinned.suspicions == []
    assert thinned.p is not None
    assert thinned.p < 1e-6
    assert thinned.clear.startswith("41 of the 240 sentences")
    assert "explain 2. But their share falls to 1 % among the surest of all, as that of a model's own" in thinned.clear
    assert stay.suspicions
    assert stay.clear.startswith("30 of the 240 sentences")
    assert "explain 2, and chance may have made the rest. " in stay.clear
    assert stay.tables[0]["rows"][0][1:4] == [240, 30, pytest.approx(2.4)]


def test_wrong_labels_are_the_most_suspect() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(3, size=300)
    values = np.full((300, 3), 0.05) + 0.85 * np.eye(3)[truth]
    given = truth.copy()
    given[:10] = (truth[:10] + 1) % 3
    issues, quality = suspects(given, values)
    assert set(np.argsort(quality)[:10]) == set(range(10))
    assert issues[:10].all()
    assert not issues[10:].any()


def test_the_stand_in_without_a_fold_is_ridge_regression_on_the_others() -> None:
    rng = np.random.default_rng(5)
    codes, values, fold = np.arange(60) % 3, rng.normal(size=(60, 20)), rng.integers(5, size=60)
    found = cross_fitted(values, codes, 3, fold)
    for at in range(5):
        others = values[fold != at]
        left = others.T @ others + PENALTY * np.eye(20)
        weights = np.linalg.solve(left, others.T @ (np.eye(3)[codes[fold != at]] - 1 / 3))
        assert (found[fold == at] == (values[fold == at] @ weights).argmax(axis=1)).all()

"""Simulated annotators: stated, seeded error rates, and called simulated wherever their name shows."""

import numpy as np
import pandas as pd
import pytest

import demo
from labeling.people.addresses import is_simulated
from labeling.people.simulated import Simulated, answers

N = 4000


@pytest.fixture(scope="module")
def intended():
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {"stance": rng.choice(["a", "b", "c"], N), "source": rng.choice(["x", "y"], N)},
        index=[f"s{n}" for n in range(N)],
    )


def test_the_same_seed_gives_the_same_answers_and_another_does_not(intended, labels):
    one = Simulated("one", {"stance": 0.2, "source": 0.1})
    first = answers(intended, labels, one, seed=1)
    assert answers(intended, labels, one, seed=1) == first
    assert answers(intended, labels, one, seed=2) != first
    assert answers(intended, labels, Simulated("two", one.error_rates), seed=1) != first


def test_error_rates_are_as_stated_and_errors_fall_on_every_other_label(intended, labels):
    rates = {"stance": 0.2, "source": 0.05}
    found = answers(intended, labels, Simulated("one", rates), seed=1)
    assert [sentence for sentence, _, _ in found] == list(intended.index)
    given = pd.DataFrame([answer for _, answer, _ in found], index=intended.index)
    for question, rate in rates.items():
        wrong = given[question] != intended[question]
        # Four standard errors of a share.
        assert abs(wrong.mean() - rate) < 4 * (rate * (1 - rate) / N) ** 0.5
        known = list(labels.questions[question].labels)
        assert set(given[question]) <= set(known)
        for label in known:
            others = given[question][wrong & (intended[question] == label)].value_counts(normalize=True)
            assert sorted(others.index) == sorted(set(known) - {label})
            assert np.allclose(others, 1 / (len(known) - 1), atol=0.15)
    # Errors of one annotator on two questions, and of two annotators, are independent.
    other = answers(intended, labels, Simulated("two", rates), seed=1)
    both = [
        a[1]["stance"] != i and b[1]["stance"] != i for a, b, i in zip(found, other, intended["stance"], strict=True)
    ]
    assert abs(np.mean(both) - 0.04) < 0.015
    assert all(seconds > 0 for _, _, seconds in found)


@pytest.mark.parametrize(("rate", "right"), [(0.0, 1.0), (1.0, 0.0)])
def test_never_and_always_wrong(intended, labels, rate, right):
    found = answers(intended[:100], labels, Simulated("x", {"stance": rate, "source": rate}), seed=1)
    assert np.mean([a["stance"] == i for (_, a, _), i in zip(found, intended["stance"], strict=False)]) == right


def test_the_address_says_simulated_at_a_domain_that_cannot_exist():
    for name in demo.PANEL:
        email = Simulated(name, demo.PANEL[name]).email
        assert "simulated" in email
        # RFC 6761: nobody can register a name under it.
        assert email.rsplit(".", 1)[-1] == "invalid"
        assert is_simulated(email)
    assert not is_simulated("ann@example.com")
    assert not is_simulated("simulated.invalid@example.com")
    assert not is_simulated("ann@notsimulated.invalid")

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.duplicates import cluster_ids, normalized


def clusters(texts, threshold=0.6, near_from_words=6):
    ids = [f"s{number}" for number in range(len(texts))]
    frame = pd.DataFrame({"sentence_id": pd.Series(ids, dtype="object"), "text": pd.Series(texts, dtype="object")})
    return list(cluster_ids(frame, threshold=threshold, near_from_words=near_from_words))


def test_case_quotes_and_spaces_do_not_matter():
    assert clusters(["“We left”,  he said.", '"WE LEFT," he said', "We stayed, he said."]) == ["s0", "s0", "s2"]


def test_a_rewritten_copy_joins_and_another_sentence_does_not():
    texts = [
        "The consulate, which opened in 2026, employs 31 people and handles about 9,000 visa applications a year.",
        "The consulate, opened in 2026, employs 31 people and handles about 9,000 visa applications every year.",
        "The consulate in the port city was closed for good after eight days of packing.",
    ]
    assert clusters(texts) == ["s0", "s0", "s2"]
    assert clusters(texts, threshold=1.0) == ["s0", "s1", "s2"]


def test_near_copies_chain():
    words = [f"word{letter}" * 2 for letter in "abcdefghijklmno"]
    chain = [" ".join(words[:6] + [f"x{n}" for n in range(k)] + words[6 + k :]) for k in (0, 3, 6)]
    assert clusters([chain[0], chain[2]], 0.55) == ["s0", "s1"]
    assert clusters(chain, 0.55) == ["s0", "s0", "s0"]


def test_short_sentences_must_be_equal():
    texts = ["He declined to comment.", "She declined to comment.", "He declined to comment"]
    assert clusters(texts) == ["s0", "s1", "s0"]
    assert clusters(texts, near_from_words=1) == ["s0", "s0", "s0"]


def test_sentences_without_letters_or_digits_differ_by_what_they_are():
    assert clusters(["***", "---", "***"]) == ["s0", "s1", "s0"]


def test_no_sentences():
    assert clusters([]) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text("ab c", max_size=60), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_is_of_no_consequence(texts, random):
    frame = pd.DataFrame({"sentence_id": [f"s{n:02d}" for n in range(len(texts))], "text": texts})
    found = cluster_ids(frame, threshold=0.6, near_from_words=2)
    again = frame.sample(frac=1, random_state=random.randrange(1000))
    assert cluster_ids(again, threshold=0.6, near_from_words=2).sort_index().equals(found)
    assert (found <= frame["sentence_id"]).all()
    assert found.groupby(frame["text"].map(normalized).mask(lambda n: n == "", frame["text"])).nunique().max() == 1


@pytest.mark.parametrize(("text", "clean"), [("Straße — „Ja“", "strasse ja"), ("a_b  c!", "a b c"), ("…", "")])
def test_normalized(text, clean):
    assert normalized(text) == clean

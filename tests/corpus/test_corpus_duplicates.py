import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.copies.duplicates import CopyRules, cluster_ids, find_links
from corpus.text.words import normalized


def table(texts, documents=None):
    """One sentence a document, unless ``documents`` says which holds which."""
    ids = [f"s{number:02d}" for number in range(len(texts))]
    held = documents or [f"d{number:02d}" for number in range(len(texts))]
    frame = pd.DataFrame({"sentence_id": ids, "doc_id": held, "start": range(len(texts)), "text": texts})
    return frame.astype({"sentence_id": "object", "doc_id": "object", "text": "object"})


def clusters(texts, threshold=0.6, near_from_words=6, documents=None):
    frame = table(texts, documents)
    rules = CopyRules(threshold=threshold, near_from_words=near_from_words)
    return [int(name[1:]) for name in cluster_ids(frame, find_links(frame, rules))]


def test_case_quotes_and_spaces_do_not_matter():
    assert clusters(["“We left”,  he said.", '"WE LEFT," he said', "We stayed, he said."]) == [0, 0, 2]


def test_a_rewritten_copy_joins_and_another_sentence_does_not():
    texts = [
        "The consulate, which opened in 2026, employs 31 people and handles about 9,000 visa applications a year.",
        "The consulate, opened in 2026, employs 31 people and handles about 9,000 visa applications every year.",
        "The consulate in the port city was closed for good after eight days of packing.",
    ]
    assert clusters(texts) == [0, 0, 2]
    assert clusters(texts, threshold=1.0)[2] == 2


def test_near_copies_chain():
    words = [f"word{letter}" * 2 for letter in "abcdefghijklmno"]
    chain = [" ".join(words[:6] + [f"x{n}" for n in range(k)] + words[6 + k :]) for k in (0, 3, 6)]
    assert clusters([chain[0], chain[2]], 0.55) == [0, 1]
    assert clusters(chain, 0.55) == [0, 0, 0]


def test_short_sentences_must_be_equal():
    texts = ["He declined to comment.", "She declined to comment.", "He declined to comment"]
    assert clusters(texts) == [0, 1, 0]
    assert clusters(texts, near_from_words=1) == [0, 0, 0]


def test_sentences_without_letters_or_digits_differ_by_what_they_are():
    assert clusters(["***", "---", "***"]) == [0, 1, 0]


def test_no_sentences():
    assert clusters([]) == []


WORDS = [
    "cargo",
    "vessel",
    "missile",
    "harbour",
    "ministry",
    "envoy",
    "12",
    "twelve",
    "40",
    "Omsk",
    "Kyiv",
    "said",
    "the",
]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text("ab c", max_size=60),
            st.integers(0, 4),
        ),
        min_size=1, max_size=14,
    ),
    st.integers(0, 999),
)  # fmt: skip
def test_the_order_is_of_no_consequence(rows, shuffle):
    frame = table([text for text, _ in rows], [f"d{document}" for _, document in rows])
    rules = CopyRules(near_from_words=2, stock_documents=3)
    links = find_links(frame, rules)
    found = cluster_ids(frame, links)
    again = frame.sample(frac=1, random_state=shuffle)
    assert find_links(again, rules).equals(links)
    assert cluster_ids(again, links).sort_index().equals(found)
    assert (found <= frame["sentence_id"]).all()
    assert (links["a"] < links["b"]).all()
    assert not links.duplicated(["level", "a", "b"]).any()
    assert links["similarity"].between(0, 1).all()
    assert found.groupby(frame["text"].map(normalized).mask(lambda n: n == "", frame["text"])).nunique().max() == 1


def test_each_day_s_figures_in_the_same_words_are_not_copies():
    template = "As of the morning of {} more than {} children were injured in the country, the Prosecutor General said."
    assert clusters([template.format("June 3", 724), template.format("June 10", 754)]) == [0, 1]
    assert clusters([template.format("June 3", 724), template.format("June 3", "724")]) == [0, 0]


def test_other_places_in_the_same_words_are_not_copies_and_other_spellings_are():
    template = "A powerful explosion rocked the center of the temporarily occupied city of {}, two residents said."
    assert clusters([template.format("Berdiansk"), template.format("Enerhodar")]) == [0, 1]
    assert clusters([template.format("Zelenskyi"), template.format("Zelenskyy")]) == [0, 0]


def test_stock_sentences_do_not_chain():
    ministries = ["defence", "foreign", "justice", "finance", "health", "energy"]
    stock = [f"The {name} ministry did not immediately answer a request for comment." for name in ministries]
    assert clusters(stock) == [0, 1, 2, 3, 4, 5]
    assert clusters(stock[:2]) == [0, 0]
    assert clusters([*stock, stock[3]])[-1] == 3


def test_a_sentence_without_figures_does_not_chain_those_of_other_days():
    text = "The General Staff released operational information on the invasion of the eastern districts{}."
    days = [text.format(" as of 6 a.m. on April 24"), text.format(" as of 6 p.m. on May 13"), text.format("")]
    found = clusters(days)
    assert found[0] != found[1]
    assert found[2] in (0, 1)


def test_links_say_what_kind_of_copy_it_is():
    texts = [
        "The consulate, which opened in 2026, employs 31 people and handles about 9,000 visa applications a year.",
        "The consulate, which opened in 2026, employs 31 people and handles about 9,000 visa applications a year!",
        "The consulate, opened in 2026, employs 31 people and handles about 9,000 visa applications every year.",
        "With a staff of 31, the consulate, open since 2026, handles some 9000 applications for a visa each year.",
    ]
    links = find_links(table(texts))
    kinds = links[links["level"] == "sentence"].set_index(["a", "b"])["kind"]
    assert kinds["s00", "s01"] == "exact"
    assert kinds["s00", "s02"] == "near"
    assert "rewritten" in set(kinds)
    assert set(links[links["level"] == "document"]["kind"]) == {"exact", "near", "rewritten"}


def test_a_thousand_equal_documents_need_no_more_than_a_thousand_links():
    links = find_links(table(["The bridge over the river was closed to lorries on Monday morning."] * 1000))
    assert len(links) == 2 * 999


@pytest.mark.parametrize(("text", "clean"), [("Straße — „Ja“", "strasse ja"), ("a_b  c!", "a b c"), ("…", "")])
def test_normalized(text, clean):
    assert normalized(text) == clean

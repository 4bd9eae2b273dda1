import json
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.segment import lines, sentences

# Pieces that the rules of the segmenter look at, in any order.
PIECES = st.sampled_from(["Mr. ", "U.S. ", "a.m. ", "He left. ", "No! ", "?! ", '"Yes." ', "(so) ", "[x", "1.) "]) | (
    st.sampled_from(
        ["• 2. ", "\n", "\r\n", "\u2028", " . . . ", "…", "∯", "ȸ", "&ᓴ&", "\t", "\u00a0", "e.g", "i. ", "\\"]
    )
)


def split(text, language="en"):
    return [text[start:end] for start, end in sentences(text, language)]


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join), st.sampled_from(["en", "ru", "zh", "xx"]))
@example("∯ A. B.", "en")
@example("ص.ب.☄. | ♨ ص.ب(so) “. “ ت.بج.م.ع ", "ar")
@example("He said &ᓴ& it. Then ȸ left.", "en")
def test_every_character_but_white_space_is_in_exactly_one_sentence(text, language):
    spans = sentences(text, language)
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert all(before <= after for (_, before), (after, _) in pairwise(spans))
    outside = text
    for start, end in reversed(spans):
        outside = outside[:start] + outside[end:]
    assert outside.strip() == ""


def test_the_golden_rules(bench_data):
    rules = json.loads((bench_data / "golden_rules" / "en.json").read_text(encoding="utf-8"))
    assert sum(split(rule["text"]) == rule["sentences"] for rule in rules) >= 47


def test_the_end_of_a_line_ends_a_sentence():
    assert split("A headline\n\nThe text goes on\r\nhere. And on.") == [
        "A headline",
        "The text goes on",
        "here.",
        "And on.",
    ]


def test_changed_characters_do_not_move_the_others():
    # The segmenter uses ∯ itself, and gives a full stop back for it.
    assert split("He paid 5∯ today. She left.") == ["He paid 5∯ today.", "She left."]


def test_russian_abbreviations():
    text = "Об этом сообщает ТАСС. Встреча прошла в 2014 г. в Москве."
    assert split(text, "ru") == split(text, "ru-RU") == ["Об этом сообщает ТАСС.", "Встреча прошла в 2014 г. в Москве."]


def test_a_line_longer_than_a_piece_is_split_like_a_short_one():
    sentence = "The U.S. envoy, Mr. Smith, left at 5 a.m. on Monday (he said)."
    assert split(" ".join([sentence] * 300)) == [sentence] * 300
    endless = "word " * 3000 + "end."
    assert split(f"{sentence} {endless} {sentence}") == [sentence, endless, sentence]


@pytest.mark.parametrize("text", ["", " ", "\n\n\t"])
def test_nothing_has_no_sentences(text):
    assert sentences(text) == lines(text) == []

import pytest

from corpus.text.words import at_odds, names, numbers, stems, unknown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Russian Federation fired missiles at the United States.", "Russia is firing a missile at the USA"),
        ("US officials told the U.N.", "An official from the U.S. tells the United Nations"),
        ("Российская Федерация выпустила ракеты.", "Россия выпустила ракету"),
        ("Four ships, 9,000 tons", "4 ship 9000 ton"),
    ],
)
def test_stems_of_the_same_content_are_the_same(one, other):
    assert stems(one) == stems(other) != frozenset()


def test_function_words_have_no_stem_and_us_is_no_country():
    assert stems("They told us that it was not about them.") == frozenset()
    assert stems("Она сказала, что это не так") == frozenset()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Four were killed, 4 hurt and 9,000 fled.", {"4", "4 (2)", "9000"}),
        ("the third day, at 18:00", {"3", "18:00"}),
        ("the thirty-second day since the first", {"30", "2"}),
        ("семь человек и 7 машин", {"7", "7 (2)"}),
        ("nobody", set()),
    ],
)
def test_numbers(text, found):
    assert numbers(text) == found


def test_names_are_inside_a_sentence_and_not_in_headlines():
    assert names("Officials say that Carter met Lavrov in Geneva on a rainy day.") == stems("Carter Lavrov Geneva")
    assert names("“Russia Denies Claim That Missiles Crashed”") == frozenset()


def test_only_figures_on_both_sides_are_at_odds():
    assert at_odds(numbers("12 dead"), numbers("14 dead"))
    assert not at_odds(numbers("12 dead"), numbers("12 dead, 3 hurt"))


def test_another_spelling_of_a_name_is_known():
    assert not unknown(names("we met Zelenskyi there today"), stems("we met Zelenskiy"))
    assert unknown(names("we met Lavrov there today"), stems("we met Zelenskiy"))

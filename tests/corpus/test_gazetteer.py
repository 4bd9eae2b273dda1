"""Mentions of Russia and of the United States, and what stands in for each on the other side."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text import gazetteer
from corpus.text.gazetteer import mentions, swapped

TABLE = Path(gazetteer.__file__).with_suffix(".csv")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Russia and the United States", [("Russia", "russia", "country"), ("the United States", "us", "country")]),
        ("The Kremlin's man in Washington", [("The Kremlin", "russia", "government"), ("Washington", "us", "capital")]),
        ("Lavrov called Antony Blinken", [("Lavrov", "russia", "leader"), ("Antony Blinken", "us", "leader")]),
        ("the Russian Ministry of Defence", [("the Russian Ministry of Defence", "russia", "ministry")]),
        ("Pentagon sends U.S. troops", [("Pentagon", "us", "ministry"), ("U.S. troops", "us", "army")]),
        ("the FSB, the CIA", [("the FSB", "russia", "agency"), ("the CIA", "us", "agency")]),
        (
            "Россией и Соединёнными Штатами",
            [("Россией", "russia", "country"), ("Соединёнными Штатами", "us", "country")],
        ),
        ("Соединенных Штатов", [("Соединенных Штатов", "us", "country")]),
        ("о российских войсках", [("российских войсках", "russia", "army")]),
        ("с Госдепом и Минобороны РФ", [("Госдепом", "us", "ministry"), ("Минобороны РФ", "russia", "ministry")]),
        ("у Путина с Трампом", [("Путина", "russia", "leader"), ("Трампом", "us", "leader")]),
        ("pro-Russian", [("Russian", "russia", "adjective")]),
        ("MOSCOW", [("MOSCOW", "russia", "capital")]),
    ],
)
def test_what_is_a_mention(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(text[one.start : one.end], one.side, one.kind) for one in mentions(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Tell us.",
        "TELL US NOW",
        "A trump card and a white house.",
        "South America, the Washington Post and George Washington.",
        "Rusher, Americana, Moscowitz, Putinism",
        "Лососёвая путина и горы песков",
        "",
    ],
)
def test_what_is_none(text: str) -> None:
    assert mentions(text) == []
    assert swapped(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A Russian envoy left Washington.", "An American envoy left Moscow."),
        ("It was an American plan, an old one.", "It was a Russian plan, an old one."),
        ("Putin met Biden.", "Biden met Putin."),
        ("PUTIN MEETS BIDEN", "BIDEN MEETS PUTIN"),
        ("The US said Russia lied.", "Russia said America lied."),
        ("the US envoy", "the Russian envoy"),
        ("US sanctions", "Russian sanctions"),
        ("Congress met. Congress voted.", "The State Duma met. The State Duma voted."),
        ("Pentagon says no; the Pentagon lied", "Russian Defense Ministry says no; the Russian Defense Ministry lied"),
        ("Встреча Путина с американцами в Кремле", "Встреча Байдена с россиянами в Белом доме"),
        ("Русский солдат", "Американский солдат"),
        ("Кремлем", "Белым домом"),
    ],
)
def test_the_other_side_stands_in(text: str, expected: str) -> None:
    assert swapped(text) == expected


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['kind']}-{row['language']}-{row['form']}")
def test_every_form_of_the_table_is_found_whole(row: dict[str, str]) -> None:
    for side in gazetteer.SIDES:
        for form in row[side].split("|"):
            sentence = f"x {form}, x"
            found = [(sentence[one.start : one.end], one.side) for one in mentions(sentence)]
            assert found == ([] if row["kind"] == "other" else [(form, side)])


def test_the_table_is_in_order() -> None:
    assert {row["kind"] for row in rows()} == {*gazetteer.KINDS, "other"}
    assert {(row["language"], row["case"]) for row in rows()} <= {(a, b) for a in ("en", "ru") for b in ("", "exact")}
    # A form belongs to one side only.
    by_side = [{form for row in rows() for form in row[side].split("|")} for side in gazetteer.SIDES]
    assert not by_side[0] & by_side[1]


@given(
    st.lists(st.sampled_from([*"aU.s \n", "the ", "US", "Russia", "İ", "Москва", "Белый дом", "🙂", "ё"])).map("".join)
)
def test_mentions_are_in_order_and_apart(text: str) -> None:
    at = 0
    for one in mentions(text):
        assert at <= one.start < one.end <= len(text)
        at = one.end

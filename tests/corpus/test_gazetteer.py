"""Mentions of Russia and of the United States, and what stands in for each on the other side."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text import gazetteer
from corpus.text.exchange import swapped
from corpus.text.gazetteer import mentions

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


# What news says, and the same with the sides exchanged.
NEWS = [
    # Countries, peoples, adjectives, and articles.
    ("A Russian envoy left Washington.", "An American envoy left Moscow."),
    ("It was an American plan, an old one.", "It was a Russian plan, an old one."),
    ("An American and a Russian were held.", "A Russian and an American were held."),
    ("Russians fear; Americans' fears are not theirs.", "Americans fear; Russians' fears are not theirs."),
    ("Russia's ships, America’s planes", "America's ships, Russia’s planes"),
    ("Russia-linked hackers, a Russia-backed group", "America-linked hackers, an America-backed group"),
    ("Russian Federation Denies US Claim", "America Denies Russian Claim"),
    ("the United States of America imposed sanctions on the Russian Federation", "Russia imposed sanctions on America"),
    # US and U.S. as the country.
    ("The US said Russia lied.", "Russia said America lied."),
    ("The US imposes sanctions on Russia.", "Russia imposes sanctions on America."),
    ("The United States describes its step to Russia.", "Russia describes its step to America."),
    ("The US warns Moscow, wants talks.", "Russia warns Washington, wants talks."),
    ("What the US knows about Russia", "What Russia knows about America"),
    ("US warns Russia", "Russia warns America"),
    ("US Warns Russia Over New Missiles", "Russia Warns America Over New Missiles"),
    ("U.S. weighs hotline with Russian military", "Russia weighs hotline with American military"),
    ("US to send Kyiv ‘weapons it needs’", "Russia to send Kyiv ‘weapons it needs’"),
    ("Russia and the USA, the U.S.A. and Russia", "America and Russia, Russia and America"),
    ("The USA and its allies are also operating.", "Russia and its allies are also operating."),
    ("Made in USA", "Made in Russia"),
    ("US open to talks with Moscow", "Russia open to talks with Washington"),
    ("US hit by Russian hackers, US left alone", "Russia hit by American hackers, Russia left alone"),
    ("Russia, China and the US", "America, China and Russia"),
    ("Russian state TV mocks US", "American state TV mocks Russia"),
    ("In the U.S., Russian spies", "In Russia, American spies"),
    ("Russia v US, US/Russia", "America v Russia, Russia/America"),
    ("the US (and Russia)", "Russia (and America)"),
    ("US out! USA! USA!", "Russia out! Russia! Russia!"),
    ("US, Russia trade blame", "Russia, America trade blame"),
    ("He left the U.S.", "He left Russia."),
    ("“I love the U.S.,” he said.", "“I love Russia,” he said."),
    ("He left the U.S. He never came back.", "He left Russia. He never came back."),
    ("Police in the US today arrested a Russian.", "Police in Russia today arrested an American."),
    ("the US's role, the U.S.’s role", "Russia's role, Russia’s role"),
    ("the United States' allies", "Russia's allies"),
    ("The United States was silent; United States law is.", "Russia was silent; Russian law is."),
    ("It is ‘the US’ that lied.", "It is ‘Russia’ that lied."),
    # ... and as an adjective.
    ("the US envoy", "the Russian envoy"),
    ("US sanctions", "Russian sanctions"),
    ("US strikes on Russian bases", "Russian strikes on American bases"),
    ("USA officials said", "Russian officials said"),
    ("A U.S. general, an American colonel", "A Russian general, a Russian colonel"),
    ("The US Embassy in Moscow closed.", "The Russian Embassy in Washington closed."),
    ("US President Donald Trump called Vladimir Putin.", "Russian President Vladimir Putin called Joe Biden."),
    ("The U.S. Supreme Court ruled.", "The Russian Supreme Court ruled."),
    ("The US women's team won.", "The Russian women's team won."),
    ("A US communications satellite passed Russia's.", "A Russian communications satellite passed America's."),
    ("US military strikes Russian base", "Russian military strikes American base"),
    ("the former US president", "the former Russian president"),
    ("the U.S. military's drone", "the Russian military's drone"),
    ("the Trump administration's Russia policy", "the Putin administration's America policy"),
    ("US and Russian officials met.", "Russian and American officials met."),
    ("British and US troops left Russia.", "British and Russian troops left America."),
    ("the US Navy, the U.S. Air Force", "the Russian navy, the Russian air force"),
    ("‘US aggression’, US “aggression”", "‘Russian aggression’, Russian “aggression”"),
    # With hyphens.
    ("The US-led coalition bombed Russian troops.", "The Russia-led coalition bombed American troops."),
    ("Russia-US talks, U.S.–Russia talks", "America-Russia talks, Russia–America talks"),
    ("Russian-American ties", "American-Russian ties"),
    ("pro-US, anti-Russian, non-American", "pro-Russia, anti-American, non-Russian"),
    ("the U.S./Mexico border near Russia", "the Russia/Mexico border near America"),
    # Governments and agencies.
    ("The Kremlin’s man in Washington", "The White House’s man in Moscow"),
    ("A Kremlin aide, the Kremlin-backed press", "A White House aide, the White House-backed press"),
    ("Congress met. Congress voted.", "The State Duma met. The State Duma voted."),
    ("a Republican Congress, when Congress met", "a Republican State Duma, when the State Duma met"),
    ("The Congress", "The State Duma"),
    ("A divided Congress asked Congress' lawyers.", "A divided State Duma asked the State Duma's lawyers."),
    ("Russia's State Duma", "America's Congress"),
    ("The US House of Representatives and the United States Senate", "The State Duma and the Federation Council"),
    ("Pentagon says no; the Pentagon lied", "Russian Defense Ministry says no; the Russian Defense Ministry lied"),
    ("A Russian Foreign Ministry spokesman", "A State Department spokesman"),
    ("An FBI agent met an SVR man and a GRU man.", "An FSB agent met a CIA man and a CIA man."),
    # People.
    ("Putin met Biden.", "Biden met Putin."),
    ("VP Harris answered Russia's Putin.", "VP Medvedev answered America's Biden."),
    ("WASHINGTON (AP) — The U.S. says Russia", "MOSCOW (AP) — Russia says America"),
    ("Mr. Trump, Sen. Clinton and President Putin", "Mr. Putin, Sen. Lavrov and President Biden"),
    ("Donald Trump spoke; Trump's aides did not.", "Vladimir Putin spoke; Putin's aides did not."),
    ("Bill Clinton met Boris Yeltsin.", "Boris Yeltsin met Bill Clinton."),
    # In capitals.
    ("PUTIN MEETS BIDEN", "BIDEN MEETS PUTIN"),
    ("AN AMERICAN AND A RUSSIAN", "A RUSSIAN AND AN AMERICAN"),
    ("USA BEATS RUSSIA", "RUSSIA BEATS AMERICA"),
    ("FBI SAYS THE US IS READY", "FSB SAYS RUSSIA IS READY"),
    ("U.S. TROOPS LEAVE MOSCOW", "RUSSIAN TROOPS LEAVE WASHINGTON"),
    ("США ВВЕЛИ САНКЦИИ ПРОТИВ РОССИИ", "РФ ВВЕЛИ САНКЦИИ ПРОТИВ США"),
    # What is no side's stays.
    ("The Washington Post asked Russia.", "The Washington Post asked America."),
    ("A Harris poll in Russia", "A Harris poll in America"),
    ("Russian-speaking Latin Americans in Moscow", "Russian-speaking Latin Americans in Washington"),
    ("Russia owes US$5 billion.", "America owes US$5 billion."),
    # Russian, in its cases.
    ("Встреча Путина с американцами в Кремле", "Встреча Байдена с россиянами в Белом доме"),
    ("Кремлем", "Белым домом"),
    ("Россия обвинила США в давлении на РФ.", "Америка обвинила РФ в давлении на США."),
    ("Власти России, в России, угрожать России", "Власти США, в США, угрожать США"),
    ("В Америке и об Америке", "В России и о России"),
    ("о российских войсках", "об американских войсках"),
    ("Президент США прилетел в Москву.", "Президент РФ прилетел в Вашингтон."),
    ("Удар по Москве, переговоры в Москве", "Удар по Вашингтону, переговоры в Вашингтоне"),
    ("Он прилетел в Вашингтон.", "Он прилетел в Москву."),
    ("В Госдуме ответили Конгрессу.", "В Конгрессе ответили Госдуме."),
    ("В Минобороны России молчат, в Пентагоне тоже.", "В Пентагоне молчат, в Минобороны России тоже."),
    ("Посол США в России, посол России в США", "Посол РФ в США, посол США в РФ"),
    ("МИД РФ обвинил Госдеп.", "Госдепартамент обвинил МИД России."),
    ("Джо Байден назвал Путина убийцей.", "Владимир Путин назвал Байдена убийцей."),
    ("«Россия и США», Кремль и Белый дом", "«Америка и РФ», Белый дом и Кремль"),
    ("российско-американские переговоры", "американо-российские переговоры"),
    ("Пророссийские и антиамериканские силы", "Проамериканские и антироссийские силы"),
    ("Шойгу выступил. К Остину это не относится.", "Остин выступил. К Шойгу это не относится."),
    ("Россиянка и американец", "Американка и россиянин"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), NEWS)
def test_the_other_side_stands_in(text: str, expected: str) -> None:
    assert swapped(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        # Noun or verb.
        "US strikes Russian bases",
        "Russia and US sign a treaty.",
        "Did the US bomb Moscow?",
        "US funding Russia's foes",
        "US supplies Russia needs",
        "US and NATO",
        # A pronoun, or the country.
        "LET US TELL RUSSIA",
        # Another person of the name, or two persons with one counterpart.
        "Ivanka Trump was in Moscow.",
        "Trump Tower Moscow",
        "Biden beat Trump.",
        "Хантер Байден в Москве",
        "Трамп обвинил Байдена.",
        # The new words would mean something else.
        "South Russia",
        "Bank of Russia",
        # A possessive, or the end of a quotation.
        "He said 'no to the United States' and left.",
        # No counterpart.
        "On Capitol Hill",
        "Русские войска",
        # A case that no preposition tells.
        "Киев обвинил Вашингтон.",
        "глава МИД России",
    ],
)
def test_where_it_is_unsure_what_stands_in_nothing_does(text: str) -> None:
    assert mentions(text)
    assert swapped(text) is None


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['kind']}-{row['language']}-{row['form']}")
def test_every_form_of_the_table_is_found_whole(row: dict[str, str]) -> None:
    for side in gazetteer.SIDES:
        for form in filter(None, row[side].split("|")):
            sentence = f"x {form}, x"
            found = [(sentence[one.start : one.end], one.side) for one in mentions(sentence)]
            assert found == ([] if row["kind"] == "other" else [(form, side)])


def test_the_table_is_in_order() -> None:
    assert {row["kind"] for row in rows()} == {*gazetteer.KINDS, "other"}
    assert {(row["language"], row["case"]) for row in rows()} <= {(a, b) for a in ("en", "ru") for b in ("", "exact")}
    # A form belongs to one side only.
    by_side = [{form for row in rows() for form in filter(None, row[side].split("|"))} for side in gazetteer.SIDES]
    assert not by_side[0] & by_side[1]


@given(
    st.lists(st.sampled_from([*"aU.s \n", "the ", "US", "Russia", "İ", "Москва", "Белый дом", "🙂", "ё"])).map("".join)
)
def test_mentions_are_in_order_and_apart(text: str) -> None:
    at = 0
    for one in mentions(text):
        assert at <= one.start < one.end <= len(text)
        at = one.end

import json
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.text.segment import lines, sentences
from corpus.text.stops import stop

# Pieces that the rules of the segmenter look at, in any order.
PIECES = st.sampled_from(["Mr. ", "U.S. ", "a.m. ", "He left. ", "No! ", "?! ", '"Yes." ', "(so) ", "[x", "1.) "]) | (
    st.sampled_from(
        ["• 2. ", "\n", "\r\n", "\u2028", " . . . ", "…", "∯", "ȸ", "&ᓴ&", "\t", "\u00a0", "e.g", "i. ", "\\"]
    )
)


# Made for this project, as specification: | stands where a sentence ends.
CASES = """
The U.S. House met.|It voted at 9 p.m. Monday.|Talks in the U.S. House stalled.
He has lived in the U.S.|He likes it.|The U.S. Under Secretary of State agreed.
In the U.S. Mr. Orlov is unknown.|He left the U.S.|Mr. Orlov never came back.
"We will stay," Gen. Marsh said.|"Nobody asked us to leave."|He then hung up.
"Will they go?" Mr. Orlov asked.|Nobody answered.
"Never again!" Foreign Minister Anna Weiss told reporters.|She left at once.
"Why now?" he asked.|"Why not?"|They laughed.
He called it “a gross violation.”|Washington disagreed.
She said: "We won.|We will win again," and sat down.
Talks failed; Moscow blamed Washington; Washington blamed Moscow.
MOSCOW. July 5 (Interfax) - Russia will answer.|It said so on Friday.
ST. LOUIS — The river rose.|Police closed two roads.
WASHINGTON, Nov. 22 (AP) — The envoy arrived.|He met Sen. Moore.
KYIV, Ukraine (Reuters) - Sirens sounded at 4 a.m. local time.|People ran.
Then-Gov. Ellis met ex-Rep. Dunn and Lt. Gov. Hale.|They talked.
Maj. Gen. Oleg S. Sirin and Lt. Col. J. P. Reed signed.|Both left.
Rep. Paula Stone (D-Calif.) and Sen. Ray Hill (R., Ala.) voted no.|Others voted yes.
Rev. A. Flint of Flint, Mich. and others wrote to Dr. Katz.|He lives in Reno, Nev.|His son does too.
Mr. Hale moved to Washington, D.C.|Police in Flint, Mich. are proud.|In Flint, Mich. Mr. Hale is known.
Sirens sounded at 5 p.m.|Police came at 6 P.M.|Firefighters came at 8 p.m. Moscow time.
The week — what a week! — ended badly.
Talks start at 3 p.m. Nov. 9 in Geneva.|Retired (Ret.) Gen. Hale is out.|He left Russia.|300 people followed.
Shares of Baltic Steel Inc. Chairman Ivan Petrov rose.|He runs Baltic Steel Inc.|It makes pipes.
John Smith Jr. House was sold.|It was bought by Mary Lane Sr.|She paid cash.
See p. 55, No. 7 and Sec. 3.|The rest is dull.
The law took effect on Nov. 29.|It was passed on Feb. 3, 2031.
Rates rose by 4.5.|Analysts expected 4.2.|Write to desk@example.com.|Someone reads it.
He waited a year.|300 people came.|World War II.|Charles III.|Spain.
It is you and I.|Did you see Albert I. Jones?|Warming of two degrees C.|Low oil prices.
Yahoo! Inc. was sold.|Who won?|Why?|Because.
He paused... then spoke.|Nobody moved . . . .|The end . . . is near.
It is over (for now).|(He did not say when.)|They left.
They came (some of them late), e.g. Monday, i.e. Tuesday, vs. Friday.|Etc. etc.|Talks end.
1. Leave the base|2. Talk to Washington|3. Sign
Orlov v. Smith was a case.|Roe v. Wade was another.
The report[1] came out.[2]|Nobody read it.
The ship left port.|— Staff and agencies
«Мы победим!» — заявил Орлов.|Он добавил, что переговоры продолжатся.
«Будет ли ответ?» — спросил журналист.|«Будет», — ответил он.|«Нет!»|Так сказал посол.
В 2014 г. Россия вышла из соглашения.|Это было в 2014 г.|Россия молчала.|Он уехал в г. Минск.
А. С. Орлов и В.В. Сидоров прибыли.|Глава МИД С. В. Лосев их встретил.
На ул. Ленина, д. 5, кв. 12 был пожар.|Погибли 3 чел.|Ещё двое ранены.
Ущерб составил 5 млрд руб.|Компания это отрицает.|Пришли послы и т. д.|Все молчали.
США, Франция и др.|Они поддержали резолюцию, т.е. согласились.|Суд применил ст. 105 УК.
МОСКВА, 5 июл - РИА Новости. Россия ответит.|Об этом заявил МИД.
Москва. 5 июля. INTERFAX.RU - Россия ответит.|Об этом заявил МИД.
По словам ген. Иванова и проф. Сидорова, потерь нет.|Это сделал я.|Никто не спорил.
И.о. главы г. Курска назвал срок.|В XX в. Россия пережила две войны.
She spoke at a rally in Washington, D.C. Tuesday.|Some came from Flint, Mich. Monday.
Many plan to travel to the U.S.|Others stay.|“It is not over…”|But he left.|He thought...|The talks went on.
Ущерб оценили в 12 млн долл. США.|Убытки составили 5 млн долл.|Власти это признали.
Посол США Дж. Салливан уехал.|Сенатор (респ.) Дж. Грин и ген.-лейт. Иванов остались.
См. рис. 5 и табл. 2.|Далее идут выводы.|Акции стоят 90.|Сегодня они дешевле.
По словам А. С. Иванова, решение примут завтра.|Г-н Петров возразил.|— Вы уверены? — спросил журналист.|— Да.
会议结束。|没有人说话！|“是吗？”|他问。
""".strip().splitlines()


def split(text, language="en"):
    return [text[start:end] for start, end in sentences(text, language)]


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join), st.sampled_from(["en", "ru", "zh", "xx"]))
@example("1. One 2. Two. 3. Three", "en")
@example("• 1. • 2. A • 2. B", "en")
@example(" . . . . ” A. . . . B", "en")
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
    assert sum(split(rule["text"]) == rule["sentences"] for rule in rules) == 48


def test_the_end_of_a_line_ends_a_sentence():
    assert split("A headline\n\nThe text goes on\r\nhere. And on.") == [
        "A headline",
        "The text goes on",
        "here.",
        "And on.",
    ]


@pytest.mark.parametrize("text", CASES, ids=lambda text: text[:40])
def test_news(text):
    assert split(text.replace("|", " ")) == text.split("|")


@pytest.mark.parametrize("text", CASES, ids=lambda text: text[:40])
def test_the_place_in_a_document_makes_no_difference(text):
    before, after = "The talks in Vienna went on for three days.", "Nobody else was there."
    whole = f"{before}\n{text.replace('|', ' ')}\n{after}"
    assert split(whole) == [before, *text.split("|"), after]


def test_a_missing_space():
    assert split("He said so.Then he left for www.Example.Com or Jane.Doe@example.com.") == [
        "He said so.",
        "Then he left for www.Example.Com or Jane.Doe@example.com.",
    ]


@pytest.mark.parametrize("quotes", [("``", "''"), ('"', '"'), ("“", "”"), ("«", "»")])
def test_tokens_apart(quotes):
    opening, closing = quotes
    text = f"He said : {opening} We won . {closing} | Nobody ( I think . ) believed it . | {opening} Why ? {closing}"
    assert split(text.replace("| ", "")) == text.split(" | ")


def test_russian_is_read_without_being_told():
    text = "Встреча прошла в 2014 г. в Москве. Об этом сообщает ТАСС."
    assert split(text, "en") == split(text, "ru-RU") == ["Встреча прошла в 2014 г. в Москве.", "Об этом сообщает ТАСС."]


def test_words_that_are_abbreviations_in_another_language():
    text = "Eight was the max. Ministers agreed."
    assert split(text, "en-GB") == ["Eight was the max.", "Ministers agreed."]
    assert split(text, "de") == [text]


def test_the_library_is_asked_where_the_rules_do_not_know():
    assert split("He met Putin. Ministers agreed. See app. Ministers agreed.") == [
        "He met Putin.",
        "Ministers agreed.",
        "See app.",
        "Ministers agreed.",
    ]


def test_long_lines_are_split_like_short_ones():
    sentence = "The U.S. envoy, Mr. Smith, left at 5 a.m. on Monday (he said)."
    assert split(" ".join([sentence] * 300)) == [sentence] * 300
    endless = "Word " * 3000 + "end."
    assert split(f"{sentence} {endless} {sentence}") == [sentence, endless, sentence]


@pytest.mark.parametrize(
    "piece", ["J. ", "(", "((A. ", "! ", ". . ", "1. A ", "A.B", "• ", "[x. ", '." ', "\u00a0", "。", "“‘"]
)
def test_hostile_lines_stay_linear(piece, monkeypatch):
    # Each stop looks at a bounded piece of the line: the work is counted, not timed.
    seen = []
    monkeypatch.setattr("corpus.text.segment.stop", lambda *parts: seen.append(sum(map(len, parts))) or stop(*parts))
    sentences("A" + piece * 3000)
    assert sum(seen) <= 3000 * 300


@pytest.mark.parametrize("text", ["", " ", "\n\n\t"])
def test_nothing_has_no_sentences(text):
    assert sentences(text) == lines(text) == []

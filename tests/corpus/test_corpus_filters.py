import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.build import build
from corpus.settings import Filters as FilterSettings
from corpus.text.filters import Filters, judge

NAMES = ("no_letters", "too_short", "too_long", "wrong_language", "boilerplate", "navigation", "caption")
FOUND = [
    ("too_short", "However, the…"),
    ("too_long", "word " * 101),
    ("boilerplate", "© 2031 Sever News Agency, the daily of the north."),
    ("boilerplate", "Subscribe to our free newsletter for the news of the day."),
    ("boilerplate", "(Reporting by Ann Lee in Oslo; editing by Bob Stone)"),
    ("boilerplate", "This material may not be published, broadcast, rewritten or redistributed."),
    ("boilerplate", "Подписывайтесь на наш канал в Telegram."),
    ("boilerplate", "Все права защищены, 2031 год."),
    ("navigation", "Read more: Ministers meet in the capital"),
    ("navigation", "View photo news."),
    ("navigation", "Home » World » Europe today"),
    ("navigation", "World | Business | Culture | Sport"),
    ("navigation", "Click here for all pictures of the day."),
    ("navigation", "Читайте также о выборах в столице"),
    ("caption", "File photo: the minister arrives at the airport."),
    ("caption", "The minister arrives on Monday. REUTERS/Ann Lee/Pool"),
    ("caption", "Ministers shake hands in the capital. (AP Photo/Ann Lee, File)"),
    ("caption", "Фото: пресс-служба министерства обороны"),
]
# Reporters write these: a filter that finds one is too eager.
SENTENCES = [
    "He declined to comment.",
    "The ministry said that it would read more of the report before it answered.",
    "Reuters/Ipsos polls put support at 40 percent, according to a Reuters/Ipsos opinion poll.",
    "Investigators shared photos of the wreck, and the video shows smoke above the port.",
    "The agency follows us on every trip, the pilot said.",
    "Live updates | War in the north | Day 12",
    "Officials said: all sides reserved the right to subscribe to the treaty.",
    "Фотографии разрушенного моста опубликовало министерство.",
    "Подробнее об этом рассказал министр иностранных дел.",
]


@pytest.mark.parametrize(("name", "text"), FOUND)
def test_a_filter_flags_drops_or_is_off(name, text):
    assert name in judge(text, "en", Filters()).flags.split(",")
    assert judge(text, "en", Filters(**dict.fromkeys(NAMES, "off") | {name: "drop"})).dropped == name.replace("_", " ")
    assert judge(text, "en", Filters(**dict.fromkeys(NAMES, "off"))) == judge("A plain sentence here.", "en", Filters())


@pytest.mark.parametrize("text", SENTENCES)
def test_what_a_reporter_writes_is_not_flagged(text):
    assert judge(text, None, Filters()).flags is None


def test_the_sample_has_no_flag(news):
    assert news.sentences["flags"].isna().all()


@pytest.mark.parametrize(
    ("language", "wanted", "flags"),
    [("de", ("en",), "wrong_language"), ("en-US", ("en", "ru"), None), (None, ("en",), None), ("de", (), None)],
)
def test_a_language_is_wrong_only_when_others_are_wanted(language, wanted, flags):
    assert judge("Das ist ein Satz.", language, Filters(languages=wanted)).flags == flags


def test_several_filters_may_find_the_same():
    assert judge("Read more", "de", Filters(languages=("en",))).flags == "too_short,wrong_language,navigation"
    some = Filters(navigation="drop", languages=("en",))
    assert (judge("Read more", "de", some).dropped, judge("Read more", "de", some).flags) == ("navigation", None)


def test_by_default_only_what_has_no_letters_is_dropped():
    assert judge("* * * 12.03.2031", "en", Filters()).dropped == "no letters"
    assert judge("ab", "en", Filters(min_letters=3)).dropped == "fewer letters than 3"
    assert judge("12", "en", Filters(no_letters="flag")).flags == "no_letters"


@given(st.text(max_size=300))
def test_every_sentence_gets_a_verdict(text):
    verdict = judge(text, None, Filters())
    assert verdict.dropped in (None, "no letters")
    assert verdict.flags is None or set(verdict.flags.split(",")) <= set(NAMES)


def test_settings_are_those_of_the_filters():
    assert Filters(**FilterSettings().model_dump()) == Filters()


def test_a_build_writes_flags_and_drops_with_their_reason(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "The minister spoke on Monday. Read more: The speech in full"}', encoding="utf-8")
    built = build([str(path)], unit="document")
    assert dict(zip(built.sentences["text"], built.sentences["flags"].fillna(""), strict=True)) == {
        "The minister spoke on Monday.": "",
        "Read more: The speech in full": "navigation",
    }
    dropping = build([str(path)], unit="document", filters=Filters(navigation="drop"))
    assert list(dropping.dropped[["step", "reason", "text"]].iloc[0]) == [
        "filter", "navigation", "Read more: The speech in full",
    ]  # fmt: skip
    assert set(dropping.sentences["sentence_id"]) < set(built.sentences["sentence_id"])

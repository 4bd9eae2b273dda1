import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.normalize import normalize
from corpus.text.segment import sentences

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
# Where repairs meet: entities, mojibake, joiners, line ends, marks that combine.
PIECES = st.sampled_from(
    ["&amp;", "&shy;", "&#8203;", "amp;", "&", "â€œ", "Ã©", "\xad", "\u200b", "\u200d", "\u200c", "\r", "\n", "\u2028",
     "\x85", "\x0b", " ", "\xa0", "\t", "e", "\u0301", "\ufeff", "😀", "“", "”", "…", "—", "д",
     "и", "\u0306", "\x00", "\x1b[0m", "<b>",
     "РџСЂРёРІРµС‚", "\ufffd", "\x92", "ﬁ"]
)  # fmt: skip
TEXT = ANY_TEXT | st.lists(PIECES, max_size=12).map("".join) | st.lists(PIECES | ANY_TEXT, max_size=6).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        "“Never,” he said… ‘No’ — THE END. \"Straight\" 'quotes' and -- hyphens - stay.\n\nA new paragraph.\n",
        "«Нет», — сказал он… Ещё “раз” №5.",
        " Out. Now ",
        "a\tb",
        "𝔘𝔫𝔦, ﬁne, ｆｕｌｌ, 👨‍👩‍👧, می‌خواهم",
        "R&D & AT&T <b>not a page</b>",
    ],
)
def test_what_an_author_chose_stays(text):
    assert normalize(text) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("The Mona Lisa doesnâ€™t have eyebrows.", "The Mona Lisa doesn’t have eyebrows."),
        ("РџСЂРµР·РёРґРµРЅС‚ Р·Р°СЏРІРёР», С‡С‚Рѕ", "Президент заявил, что"),
        ("cafe\u0301 и\u0306", "café й"),
        ("a\xa0b\u2009c  d \n e", "a b c d\n e"),
        ("one\r\ntwo\rthree\u2028four\x85five", "one\ntwo\nthree\nfour\nfive"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("\ufeffzero\u200bwidth so\xadft join\u200der \u202ebidi\x00\x07", "zerowidth soft joiner bidi"),
        ("Fish &amp; chips", "Fish & chips"),
    ],
)
def test_what_nobody_chose_is_repaired(text, meant):
    assert normalize(text) == meant


@given(TEXT)
def test_twice_is_once(text):
    once = normalize(text)
    assert normalize(once) == once


@given(TEXT)
def test_nothing_unseen_is_left_and_offsets_hold(text):
    kept = normalize(text)
    assert not set(kept) & set("\r\x00\x0b\x0c\x85\u2028\u2029\xa0\xad\u200b\ufeff")
    assert "  " not in kept
    spans = sentences(kept)
    gaps = [0, *(offset for span in spans for offset in span), len(kept)]
    assert gaps == sorted(gaps)
    assert not "".join(kept[a:b] for a, b in zip(gaps[::2], gaps[1::2], strict=True)).strip()

"""Text as it is kept: repaired, in one Unicode form, without what nobody can see. What an author chose stays."""

import re

import ftfy

# Quotation marks, ligatures, full-width letters, ellipses and dashes are the author's; the rest of ftfy is repair.
_REPAIR = ftfy.TextFixerConfig(
    uncurl_quotes=False, fix_latin_ligatures=False, fix_character_width=False, normalization="NFC", explain=False
)
# Soft hyphen, zero-width space, word joiner, byte order mark, direction marks, noncharacters: they say nothing.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
# A joiner shapes emoji, Persian and Indic words; beside a Latin, Greek or Cyrillic letter or a space it is a leftover.
_JOINER = re.compile("(?<![^\\s\u0000-\u052f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\\s\u0000-\u052f])")
_CONTROL = re.compile("[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f]")
_LINE_END = re.compile("\r\n|[\r\u000b\u000c\u0085\u2028\u2029]")
_SPACES = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_BEFORE_LINE_END = re.compile(r"[ \t]+(?=\n)")
_BLANK_LINES = re.compile(r"\n{3,}")
# Nearly all news is this already, and stays the same object.
_PLAIN = re.compile(r"(?:[\n!-%'-~“”‘’«»„…–—№А-Яа-яЁё]++|&(?![#A-Za-z])| (?![ \n]))*+\Z")


def normalize(text: str) -> str:
    r"""``text`` repaired; normalizing twice changes nothing more.

    Mojibake and HTML entities are resolved (ftfy), the form is NFC, line ends are ``\n``, other white space but the tab
    is a single space, blank lines come singly, and control, zero-width and direction characters and soft hyphens are
    gone. White space at both ends of the text, quotation marks, ellipses, dashes and case stay.

    Parameters
    ----------
    text : str
        Without lone surrogates.
    """
    if _PLAIN.match(text) and "\n\n\n" not in text:
        return text
    # A repair may uncover the next one: an entity that stands for a soft hyphen, a mark that meets its letter.
    for _ in range(_PASSES):
        before = text
        text = _once(text)
        if text == before:
            break
    return text


# Each pass makes the text shorter or settles it; real text settles in the second.
_PASSES = 50


def _once(text: str) -> str:
    text = _LINE_END.sub("\n", text)
    text = ftfy.fix_text(text, _REPAIR)
    text = _INVISIBLE.sub("", _CONTROL.sub("", text))
    text = _JOINER.sub("", text)
    text = _SPACES.sub(" ", _LINE_END.sub("\n", text))
    return _BLANK_LINES.sub("\n\n", _BEFORE_LINE_END.sub("", text))

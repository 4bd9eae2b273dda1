"""What counts as a sentence of a source: its lines or records as they stand, or what the segmenter finds in them."""

import re
from dataclasses import dataclass
from typing import Literal

from corpus.sources import Record
from corpus.text.segment import Span, lines, sentences, stripped

Unit = Literal["auto", "document", "line"]

# A final stop, with the quotes and brackets that may close after it.
_STOP = re.compile(r"""[.!?…:;]["'”’»)\]]*\Z""")


@dataclass(frozen=True)
class Layout:
    """A document as it goes into the tables.

    Parameters
    ----------
    text : str
        With the title before it, where titles were asked for.
    title : str or None
        Of the record, or the headline that a text file begins with.
    spans : list of (start, end)
        The sentences, as offsets in ``text``.
    note : str
        What was decided about a text file, for the user; else empty.
    """

    text: str
    title: str | None
    spans: list[Span]
    note: str = ""


def lay_out(
    record: Record, unit: Unit, *, titles: bool, language: str, single_line_share: float, headline_words: int
) -> Layout:
    """Find the sentences of a record.

    Parameters
    ----------
    unit : "auto", "document" or "line"
        ``line``: every line of a text file and every record is one sentence already, and is never split. ``document``:
        the segmenter splits. ``auto``: a text file is ``line`` when enough of its lines are one sentence for the
        segmenter; everything else is ``document``.
    titles : bool
        A record's title is a sentence of its own: its text then begins with the title and a blank line.
    language : str
        For records that name none.
    single_line_share : float
        What is enough for ``auto``.
    headline_words : int
        The first line of a text file is its title when it has at most so many words and no final stop, and the line
        after it is not like that.
    """
    language = record.fields["language"] or language
    if record.prose:
        return _prose(record, unit, language, single_line_share, headline_words)
    title = record.fields["title"]
    # A title stays whole, also where it is all that there is.
    whole = unit == "line" or title == record.text
    spans = stripped(record.text, 0, len(record.text)) if whole else sentences(record.text, language)
    if not titles or title is None or title == record.text:
        return Layout(record.text, title, spans)
    shift = len(title) + 2
    shifted = [(start + shift, end + shift) for start, end in spans]
    return Layout(f"{title}\n\n{record.text}", title, stripped(title, 0, len(title)) + shifted)


def _prose(record: Record, unit: Unit, language: str, single_line_share: float, headline_words: int) -> Layout:
    text = record.text
    whole = lines(text)
    headline = _is_headline(text, whole[:2], headline_words)
    title = text[slice(*whole[0])] if headline else None
    if unit == "line":
        return Layout(text, title, whole)
    split = [[(start + a, start + b) for a, b in sentences(text[start:end], language)] for start, end in whole]
    if headline:
        split[0] = whole[:1]
    several = [number for number, spans in enumerate(split) if len(spans) > 1]
    single = len(whole) - len(several)
    if unit == "auto" and single >= single_line_share * len(whole):
        note = f"{record.source}: each line is one sentence ({single} of {len(whole)} lines are one to the segmenter)"
        for number in several:
            line = text.count("\n", 0, whole[number][0]) + 1
            note += f"; line {line} holds {len(split[number])} and stays whole"
        return Layout(text, title, whole, note + ". Split them with --unit document." if several else note + ".")
    note = f"{record.source}: one document of {len(whole)} paragraphs, split into sentences"
    note += f" ({len(several)} of them hold more than one). Keep lines whole with --unit line."
    return Layout(text, title, [span for spans in split for span in spans], note if unit == "auto" else "")


def _is_headline(text: str, first: list[Span], headline_words: int) -> bool:
    def like_one(span: Span) -> bool:
        line = text[slice(*span)]
        return len(line.split()) <= headline_words and not _STOP.search(line)

    return len(first) == 2 and like_one(first[0]) and not like_one(first[1])

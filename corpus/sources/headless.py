"""Tables without a line of names: which column is what, by what the columns hold."""

import re
import statistics
from collections.abc import Mapping, Sequence

from corpus.sources.columns import looks_like_url
from corpus.sources.dates import parse

# So many of the values must be what the column is taken for.
_MOST = 0.8
# A name is short, no address, and no number.
_LONGEST_NAME = 4
_FEWEST_WORDS = 3


def is_data(row: Sequence[str]) -> bool:
    """Whether the first row of a table is no line of names: a cell of it is a sentence, an address or a date."""
    return any(len(cell.split()) > _LONGEST_NAME or looks_like_url(cell) or _is_date(cell) for cell in row)


def names(rows: Sequence[Sequence[str]], configured: Mapping[str, str]) -> list[str]:
    """Names for the columns of ``rows``: what they hold, where that is told, else ``column_1``, ``column_2``, ...

    Of the columns of words the one with most of them is the text, and the next one the title. With columns that are
    ``configured`` (role to ``column_N``) nothing is guessed.
    """
    found = [f"column_{number}" for number in range(1, len(rows[0]) + 1)]
    if set(configured.values()) & set(found):
        return found
    columns = [[row[at] for row in rows if len(row) == len(found) and row[at].strip()] for at in range(len(found))]
    words = {at: statistics.mean(len(cell.split()) for cell in cells) for at, cells in enumerate(columns) if cells}
    for role, holds in (("url", looks_like_url), ("published_at", _is_date)):
        of_kind = [at for at in words if sum(map(holds, columns[at])) >= _MOST * len(columns[at])]
        if of_kind:
            found[of_kind[0]] = role
        words = {at: n for at, n in words.items() if at not in of_kind}
    prose = sorted((at for at, n in words.items() if n >= _FEWEST_WORDS), key=lambda at: -words[at])
    for role, at in zip(("text", "title"), prose, strict=False):
        found[at] = role
    return found


def _is_date(cell: str) -> bool:
    return re.search(r"\d{4}", cell) is not None and len(cell) <= 40 and parse(cell) is not None

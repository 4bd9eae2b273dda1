"""Dates as sources write them, to UTC."""

import re
import warnings
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from dateutil import parser, tz

DateOrder = Literal["dmy", "mdy"]

_NUMERIC = re.compile(r"\s*(\d{1,2})([/.-])(\d{1,2})\2\d{2,4}\b")
_EPOCH = re.compile(r"(\d{10})(\d{3})?(?:\.\d+)?")
# dateutil knows no zone names but the machine's own, and would take the time as it stands.
_ZONES = {
    name: tz.tzoffset(name, int(hours * 3600))
    for name, hours in {
        "UTC": 0, "GMT": 0, "Z": 0, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "MSD": 4,
        "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    }.items()
}  # fmt: skip


def order(values: Iterable[str]) -> DateOrder | None:
    """Whether day or month comes first in dates such as 03/31/2026; None where no value tells, or they contradict."""
    found: set[DateOrder] = set()
    for value in values:
        if match := _NUMERIC.match(value):
            first, second = int(match[1]), int(match[3])
            if first > 12 >= second:
                found.add("dmy")
            elif second > 12 >= first:
                found.add("mdy")
    return found.pop() if len(found) == 1 else None


def ambiguous(value: str) -> bool:
    """Whether day and month of ``value`` can be told apart only by convention."""
    match = _NUMERIC.match(value)
    return bool(match and match[2] != "." and int(match[1]) <= 12 and int(match[3]) <= 12 and match[1] != match[3])


@lru_cache(maxsize=65536)
def parse(value: str, day_or_month_first: DateOrder = "mdy") -> datetime | None:
    """A moment in UTC, or None for what is no complete date.

    ISO 8601, RFC 822, seconds or milliseconds since 1970, and what dateutil reads; dates in words of other languages
    by dateparser. A date without a time is its midnight, a time without a zone is UTC, and dots (31.03.2026) mean
    that the day comes first.
    """
    value = value.strip()
    try:
        found = _iso(value) or _epoch(value) or _written(value, day_or_month_first) or _in_words(value)
        if found is None:
            return None
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _iso(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _epoch(value: str) -> datetime | None:
    match = _EPOCH.fullmatch(value)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def _written(value: str, first: DateOrder) -> datetime | None:
    numeric = _NUMERIC.match(value)
    day_first = numeric[2] == "." if numeric and numeric[2] == "." else first == "dmy"
    found = set()
    # What the value leaves open is taken from the default: two defaults show that it is no whole date.
    for default in (datetime(2001, 1, 1), datetime(2004, 2, 3)):
        try:
            with warnings.catch_warnings():
                # A zone that is not known by its name: no date rather than a wrong one.
                warnings.simplefilter("error", parser.UnknownTimezoneWarning)
                found.add(parser.parse(value, default=default, dayfirst=day_first, tzinfos=_ZONES))
        except (parser.ParserError, parser.UnknownTimezoneWarning, OverflowError, TypeError, ValueError):
            return None
    return found.pop() if len(found) == 1 else None


def _in_words(value: str) -> datetime | None:
    if len(value) > 60 or not (re.search(r"\d", value) and re.search(r"[^\W\d_]{3}", value)):
        return None
    # It takes half a second to import, and most sources never need it.
    import dateparser

    settings = {"REQUIRE_PARTS": ["day", "month", "year"], "PARSERS": ["absolute-time"]}
    found: datetime | None = dateparser.parse(value, languages=["ru", "uk", "en", "de", "fr", "es"], settings=settings)
    return found

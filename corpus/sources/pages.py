"""Saved pages, web archives and feeds: the article of a page, by trafilatura."""

import io
import logging
import re
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from corpus.errors import InputError
from corpus.sources.dates import parse
from corpus.sources.outlets import domain, find
from corpus.sources.record import Item, Note, Reading, Rejected, UnusableError, record
from corpus.sources.streams import Source

# Deeper nesting than any page needs takes parsers' time or their stack.
_DEEPEST = 1000
_LIKELY_PAGE = 20 << 20
# What is left of a page without an article is a word of its menu.
_FEWEST_WORDS = 10
# Only what the page says is its date, not any date in its text; and whatever day it is today.
_DATES = {"original_date": True, "extensive_search": False, "max_date": "2100-01-01"}


def page(source: Source, reading: Reading) -> Iterator[Item]:
    """A page is one record, when it holds an article."""
    data = source.stream.read(_page_bytes(reading) + 1)
    yield _article(source.name, data, None, {}, reading)


def web_archive(source: Source, reading: Reading) -> Iterator[Item]:
    """Each page of a WARC is a record; other answers (images, scripts) are counted.

    Raises
    ------
    InputError
        It is no WARC, from some place on.
    """
    from warcio.archiveiterator import ArchiveIterator

    number = other = 0
    try:
        for entry in ArchiveIterator(source.stream):
            if entry.rec_type not in ("response", "resource"):
                continue
            number += 1
            name = f"{source.name}:{number}"
            url = entry.rec_headers.get_header("WARC-Target-URI")
            headers = entry.http_headers or entry.rec_headers
            content = (headers.get_header("Content-Type") or "").lower()
            if "html" not in content:
                other += 1
            elif entry.http_headers is not None and entry.http_headers.get_statuscode() != "200":
                yield Rejected(name, f"HTTP status {entry.http_headers.get_statuscode()}", url)
            else:
                crawled = entry.rec_headers.get_header("WARC-Date")
                data = entry.content_stream().read(_page_bytes(reading) + 1)
                yield _article(name, data, url, {"crawled_at": crawled}, reading)
    except InputError:
        raise
    except Exception as error:  # warcio meets broken headers with errors of every kind
        raise InputError(source.place, f"not a WARC after {number} answers ({error})") from None
    if other:
        yield Note(source.name, f"{other} answers that are no pages were passed over")


def feed(source: Source, reading: Reading) -> Iterator[Item]:
    """Each entry of an RSS or Atom feed is a record.

    Raises
    ------
    InputError
        It is no feed, or longer than a record may be.
    """
    import feedparser

    data = source.stream.read(reading.record_bytes + 1)
    if len(data) > reading.record_bytes:
        raise InputError(source.place, f"a feed of more than {reading.record_bytes:,} bytes (sources.record_mb)")
    if not data.strip():
        return
    try:
        # As a stream: bytes would be tried as an address and a file name first.
        found = feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # whatever hostile XML does to a parser
        raise InputError(source.place, f"no feed that can be read ({_first_line(error)})") from None
    if not found.version and not found.entries:
        raise InputError(source.place, "no RSS or Atom feed", todo="Leave it out, or convert it")
    if found.bozo:
        yield Note(source.name, f"not well-formed; read as far as it goes ({_first_line(found.bozo_exception)})")
    for number, entry in enumerate(found.entries, start=1):
        name = f"{source.name}:{number}"
        try:
            yield record(name, _entry(entry, found.feed, reading), reading)
        except UnusableError as unusable:
            yield Rejected(name, str(unusable), entry.get("title"))


def _entry(entry: Any, of: Any, reading: Reading) -> dict[str, Any]:
    contents = [part.get("value", "") for part in entry.get("content", [])]
    text = max([*contents, entry.get("summary", "")], key=len)
    # Asking for a date of update that is not there gives that of publication, with a warning.
    moment = entry.get("published_parsed") or (entry["updated_parsed"] if "updated_parsed" in entry else None)  # noqa: SIM401
    url = entry.get("link")
    # An aggregator's feed holds the reports of others: only the outlet's own feed names it.
    own = not url or not of.get("link") or domain(url) == domain(of["link"])
    name = of.get("title") if own else entry.get("source", {}).get("title")
    return {
        "id": entry.get("id"), "title": plain(entry.get("title") or ""), "text": plain(text), "url": url,
        "published_at": datetime.fromtimestamp(timegm(moment), UTC) if moment else None,
        "byline": entry.get("author"), "language": of.get("language"),
        "outlet": None if url and find(url, reading.outlets) else name,
    }  # fmt: skip


_BREAK = re.compile(r"</?(?:p|div|br|li|ul|ol|h[1-6]|blockquote|tr|table)\b[^>]*>", re.IGNORECASE)


def plain(fragment: str) -> str:
    """A piece of HTML as text, with its paragraphs."""
    if "<" not in fragment:
        return fragment.strip()
    from lxml import html
    from lxml.etree import ParserError

    try:
        text = str(html.fromstring(f"<div>{_BREAK.sub(chr(10), fragment)}</div>").text_content())
    except ParserError:
        return ""
    return "\n".join(line for part in text.splitlines() if (line := " ".join(part.split())))


def _page_bytes(reading: Reading) -> int:
    return min(reading.record_bytes, _LIKELY_PAGE)


def _article(name: str, data: bytes, url: str | None, extra: dict[str, Any], reading: Reading) -> Item:
    try:
        return record(name, _extracted(data, url, reading) | extra, reading)
    except UnusableError as unusable:
        return Rejected(name, str(unusable), url)


def _extracted(data: bytes, url: str | None, reading: Reading) -> dict[str, Any]:
    from trafilatura import bare_extraction

    if len(data) > _page_bytes(reading):
        raise UnusableError(f"a page of more than {_page_bytes(reading):,} bytes")
    if _depth(data) > _DEEPEST:
        raise UnusableError(f"a page of more than {_DEEPEST:,} nested elements")
    # What is wrong with a page is said in its row of the table dropped.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    try:
        found = bare_extraction(
            data, url=url, with_metadata=True, include_comments=False, date_extraction_params=_DATES
        )
    except Exception as error:  # whatever a hostile page does to a parser, it is that page's reason
        raise UnusableError(f"not a page that can be read ({type(error).__name__})") from None
    if found is None or len((found.text or "").split()) < _FEWEST_WORDS:
        raise UnusableError("no article on this page")
    address = url or found.url
    # The heading of the page is its title, and no sentence of the article.
    first, _, rest = found.text.partition("\n")
    text = rest if found.title and " ".join(first.split()) == " ".join(found.title.split()) and rest else found.text
    return {
        "text": text, "title": found.title, "byline": found.author, "url": address,
        "published_at": _published(data) or found.date, "language": found.language,
        "outlet": None if address and find(address, reading.outlets) else found.sitename,
    }  # fmt: skip


# The exact moment, where a page says it to machines; trafilatura gives the day.
_MOMENT = re.compile(
    rb"""(?:article:published_time|datePublished)["'][^>{}]{0,80}?(?:content=|:)\s*["'](?P<a>[^"'<>]{8,40})["']"""
    rb"""|content=["'](?P<b>[^"'<>]{8,40})["'][^>]{0,80}?(?:article:published_time|datePublished)["']"""
)


def _published(data: bytes) -> datetime | None:
    match = _MOMENT.search(data)
    return parse((match["a"] or match["b"]).decode("ascii", "replace")) if match else None


def _depth(data: bytes) -> int:
    """How deep elements are open at most, those without an end left out."""
    depth = deepest = 0
    for match in re.finditer(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)", data):
        if match[2].lower() not in _VOID:
            depth = max(0, depth - 1) if match[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


_VOID = frozenset(
    b"area base br col embed hr img input link meta param source track wbr p li td tr th dd dt option".split()
)


def _first_line(error: object) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)

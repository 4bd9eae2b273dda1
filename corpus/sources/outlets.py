"""Outlets by the domain of an address, and what is known of them."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from corpus.errors import ConfigError


@dataclass(frozen=True)
class Outlet:
    """A row of ``configs/outlets.csv``."""

    name: str
    country: str
    ownership: str
    type: str

    def facts(self) -> dict[str, str]:
        """What a document of this outlet says about it, beside its name."""
        facts = {"outlet_country": self.country, "outlet_ownership": self.ownership, "outlet_type": self.type}
        return {name: value for name, value in facts.items() if value}


def load(path: Path) -> dict[str, Outlet]:
    """The table of known outlets, by domain.

    Raises
    ------
    ConfigError
        It is missing, has other columns, or a domain twice.
    """
    expected = ["domain", "outlet", "country", "ownership", "type"]
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if rows.fieldnames != expected:
                raise ConfigError(path, "", f"expected the columns {', '.join(expected)}, got {rows.fieldnames}")
            outlets: dict[str, Outlet] = {}
            for row in rows:
                if row["domain"] in outlets or None in row or None in row.values():
                    raise ConfigError(path, f"line {rows.line_num}", f"{row['domain']!r} is there twice or incomplete")
                outlets[row["domain"]] = Outlet(row["outlet"], row["country"], row["ownership"], row["type"])
            return outlets
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(path, "", f"cannot be read ({error})") from None


def domain(address: str) -> str | None:
    """The registered domain of a URL or host (``news.bbc.co.uk`` to ``bbc.co.uk``); None where there is none."""
    host = _host(address)
    return (_extractor()(host).top_domain_under_public_suffix or None) if host else None


def find(address: str, known: Mapping[str, Outlet]) -> Outlet | None:
    """The known outlet at a URL or host: the longest domain of the table that it lies under."""
    parts = (_host(address) or "").split(".")
    return next((known[name] for at in range(len(parts) - 1) if (name := ".".join(parts[at:])) in known), None)


def resolve(given: str | None, url: str | None, known: Mapping[str, Outlet]) -> tuple[str | None, dict[str, str]]:
    """The name of an outlet and the facts about it.

    A name that the source gives stays. Else a known outlet's name, else the registered domain of the URL.
    """
    outlet = (find(url, known) if url else None) if given is None else find(given, known)
    if given is not None and outlet is None:
        outlet = next((row for row in known.values() if row.name.casefold() == given.casefold()), None)
    name = given or (outlet.name if outlet else domain(url) if url else None)
    return name, outlet.facts() if outlet else {}


def _host(address: str) -> str | None:
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname
    except ValueError:
        return None
    return host if host and "." in host and not any(map(str.isspace, host)) else None


@cache
def _extractor() -> Any:
    from tldextract import TLDExtract

    # The list of public suffixes that comes with the package: nothing is downloaded, and nothing is cached on disk.
    return TLDExtract(suffix_list_urls=(), cache_dir=None)

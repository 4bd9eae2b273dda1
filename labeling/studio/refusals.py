"""What goes wrong between this process and a Label Studio server, as errors that a user can act on."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import httpx
from label_studio_sdk.core.api_error import ApiError

from corpus.errors import ServerError, ServerUnreachable, TokenRefused, UsageError

TIMEOUT_S = 120
T = TypeVar("T")


@contextmanager
def translated(url: str, kind: str, source: str) -> Iterator[None]:
    """Within the block, what the client raises becomes a :class:`~corpus.errors.StanceError`.

    Parameters
    ----------
    url : str
        Of the server.
    kind, source : str
        Of the token: what it is by its form, and where it was found.
    """
    try:
        yield
    except ApiError as error:
        if error.status_code == 401:
            raise TokenRefused(url, kind, source) from error
        if 200 <= (error.status_code or 0) < 300:
            raise ServerError(f"{url} answered with something other than JSON: is a proxy in between?") from error
        raise ServerError(f"{url} answered {error.status_code}: {_detail(error.body)}") from error
    except httpx.TimeoutException as error:
        raise ServerUnreachable(url, f"no answer within {TIMEOUT_S} s") from error
    except httpx.RequestError as error:
        raise ServerUnreachable(url, str(error) or type(error).__name__) from error
    except httpx.InvalidURL as error:
        raise UsageError(f"LABEL_STUDIO_URL: {url!r} is no address ({error})") from None
    except json.JSONDecodeError as error:
        raise ServerError(f"{url} answered with something other than JSON: is a proxy in between?") from error


def every(pages: Iterable[T]) -> Iterator[T]:
    """All that the client lists in pages; past the last one the server says that there is none."""
    try:
        yield from pages
    except ApiError as error:
        if error.status_code != 404:
            raise


def missing(error: ServerError) -> bool:
    """Whether the server said that it has no such thing."""
    return getattr(error.__cause__, "status_code", None) == 404


def _detail(body: Any) -> str:
    if isinstance(body, str):
        with suppress(ValueError):
            body = json.loads(body)
    if isinstance(body, Mapping):
        more = body.get("validation_errors") or ""
        return f"{body.get('detail', '')} {json.dumps(more) if more else ''}".strip()[:500]
    return str(body)[:500]

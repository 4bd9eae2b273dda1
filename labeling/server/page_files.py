"""Our part of Label Studio's pages: a style sheet and a script in every page of somebody who is signed in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.html import format_html

from corpus.files import sha256_text
from labeling.server.roles import role_of

_FOLDER = Path(__file__).parent / "page"
_KINDS = {".js": "text/javascript", ".css": "text/css"}
_FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.iterdir()) if path.suffix in _KINDS}
_VERSION = sha256_text("".join(_FILES.values()))[:12]
_HEAD = "</head>"


class Page:
    """Middleware that puts our files into the head of HTML pages; the role stands at the root element for the style."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> Any:
        """The answer, with our tags if it is a page for somebody."""
        response = self._get_response(request)
        html = response.get("Content-Type", "").startswith("text/html") and not response.streaming
        if html and request.user.is_authenticated and response.status_code == 200:
            page = response.content.decode(response.charset)
            response.content = page.replace(_HEAD, _tags(role_of(request.user)) + _HEAD, 1)
            if response.has_header("Content-Length"):
                response["Content-Length"] = str(len(response.content))
        return response


def file(request: Any, name: str) -> HttpResponse:
    """One of our files; they hold nothing that is anybody's."""
    if name not in _FILES:
        raise Http404
    response = HttpResponse(_FILES[name], content_type=f"{_KINDS[Path(name).suffix]}; charset=utf-8")
    response["Cache-Control"] = "max-age=31536000, immutable"
    return response


def _tags(role: str) -> str:
    found = ""
    for name in _FILES:
        address = f"/stancelab/page/{name}?v={_VERSION}"
        if name.endswith(".css"):
            found += format_html('<link rel="stylesheet" href="{}">', address)
        else:
            found += format_html('<script src="{}" data-role="{}"></script>', address, role)
    return found

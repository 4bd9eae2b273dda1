"""Middleware that refuses everybody but owners whatever ``endpoints.csv`` does not open to their role."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from labeling.server import answers, limits, own_pages
from labeling.server.asked import Asked, Refused
from labeling.server.endpoints import ANYONE, path_of, read
from labeling.server.roles import OWNER, role_of


class Guard:
    """Stands before every view, behind whatever finds out who asks.

    It looks at the resolved route, never at the address as it was typed: there are several ways to type one.
    """

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._get_response = get_response
        self._endpoints = read()

    def __call__(self, request: Any) -> Any:
        """The answer; one that should have been reduced to somebody's own, and was not, stays here."""
        response = self._get_response(request)
        asked: Asked | None = getattr(request, "stancelab_asked", None)
        if asked and asked.answer and not asked.reduced and response.status_code < 300:
            response = _refusal(request, Refused("this answer could not be reduced to what is yours"))
        if request.method == "HEAD" and not response.streaming:
            response.content = b""  # waitress sends what it gets, and the client takes it for the next answer
        return response

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Mapping[str, Any]) -> HttpResponse | None:
        """None lets the view answer."""
        path = path_of(request.resolver_match.route)
        endpoint = self._endpoints.get(("GET" if request.method == "HEAD" else request.method, path))
        if endpoint and not endpoint.open_to:
            return JsonResponse({"detail": f"closed: {endpoint.why}"}, status=404)
        try:
            user = _visitor(request)
            role = role_of(user) if user else ANYONE
            if role == OWNER:
                return None
            if endpoint is None or role not in endpoint.open_to:
                return _refusal(request, Refused("your role does not include this"), signed_in=user is not None)
            asked = Asked(request, user, kwargs, answer=endpoint.answer)
            request.stancelab_asked = asked
            if request.method in ("GET", "HEAD") and request.body:
                raise Refused("a request to read has no body")
            if not endpoint.limit:
                return None
            if endpoint.limit == limits.FIRST_ANSWER:
                # In one transaction, which holds the task: of two at once, both would find no answer before theirs.
                with transaction.atomic():
                    limits.answer(asked)
                    return cast(HttpResponse, view(request, *args, **kwargs))
            found = _LIMITS[endpoint.limit](asked)
        except Refused as refused:
            return _refusal(request, refused)
        except AuthenticationFailed as failed:
            return JsonResponse({"detail": str(failed.detail)}, status=401)
        if not isinstance(found, HttpResponse):
            return None
        asked.reduced = True
        return found

    def process_template_response(self, request: Any, response: Any) -> Any:
        """An answer of the API, before it is written: reduced to what is one's own."""
        asked: Asked | None = getattr(request, "stancelab_asked", None)
        if asked and asked.answer and response.status_code < 300:
            response.data = _ANSWERS[asked.answer](response.data, asked.user)
            asked.reduced = True
        return response


_LIMITS = {**limits.BY_NAME, **own_pages.BY_NAME}
_ANSWERS = answers.BY_NAME


def _visitor(request: Any) -> Any:
    """Who asks, by session, access token or legacy token; None for nobody."""
    found = {request.user} if request.user.is_authenticated else set()
    by_token = TokenAuthentication().authenticate(request)
    found |= {by_token[0]} if by_token else set()
    if len(found) > 1:
        raise Refused("this is signed in as one and carries the token of another")
    return next(iter(found), None)


def _refusal(request: Any, refused: Refused, *, signed_in: bool = True) -> HttpResponse:
    if request.path.startswith("/api/"):
        status = refused.status if signed_in else 401
        return JsonResponse({"detail": f"{refused}", "status_code": status}, status=status)
    if not signed_in and request.method in ("GET", "HEAD"):
        return redirect("user-login")
    return render(request, "stancelab/refused.html", {"reason": str(refused)}, status=refused.status)

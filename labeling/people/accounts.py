"""Accounts: people who label, and the simulated ones of the demo, who are called so wherever their name shows."""

import re
import secrets
from dataclasses import dataclass, replace

import httpx

from corpus.errors import NotFound, ServerError, UsageError
from labeling.server.secret_store import OWNER
from labeling.studio.client import Server
from labeling.studio.people import Person, Role
from labeling.studio.refusals import TIMEOUT_S

_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Account:
    """An account as it was found or made; the password is known only when it was made now.

    ``role`` is None on a server that enforces none.
    """

    email: str
    role: Role | None
    password: str | None
    created: bool


def add(
    server: Server, email: str, *, role: Role | None = None, name: str = "", password: str | None = None
) -> Account:
    """Make an account through the invitation link, as a person joins; its password is generated unless given.

    An account made by the owner through the API would belong to no organization and see nothing. One that is there
    already keeps its password, and its role unless another is named; one that was closed is opened again.

    Raises
    ------
    UsageError
        ``email`` is no address, or a role is named for a server that enforces none.
    ServerError
        The server refuses the sign-up; the message has its reason.
    """
    email = address_of(email)
    if role and not server.enforces_roles:
        raise UsageError(f"{server.url} enforces no roles: leave --role out, or use `stance label serve`")
    if email in server.users().values():
        return Account(email, _settled(server, email, role), None, created=False)
    password = password or secrets.token_urlsafe(12)
    invitation = server.invitation()
    with server.talking(), _browser(server) as browser:
        form = {"email": email, "password": password, "allow_newsletters": "false"}
        answer = browser.post(invitation, data=form | {"csrfmiddlewaretoken": _csrf(browser, invitation)})
        if answer.status_code != 302:
            reasons = re.findall(r'class="[^"]*error[^"]*"[^>]*>\s*([^<]+?)\s*<', answer.text)
            raise ServerError(f"{server.url} refuses the account {email}: {'; '.join(reasons) or answer.status_code}")
    if name:
        number = next(number for number, address in server.users().items() if address == email)
        server.rename_user(number, *name.split(" ", 1))
    return Account(email, _settled(server, email, role), password, created=True)


def address_of(email: str) -> str:
    """The address as the server keeps it.

    Raises
    ------
    UsageError
        ``email`` is no address.
    """
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", email):
        raise UsageError(f"{email!r} is no e-mail address; expected NAME@DOMAIN")
    return email.lower()


def remove(server: Server, email: str) -> Person:
    """Close an account: it cannot sign in any more, and its sessions end; its work stays.

    Raises
    ------
    NotFound
        There is no such account.
    UsageError
        The server enforces no roles and so has no closed accounts, or the account is the first owner's.
    """
    if not server.enforces_roles:
        raise UsageError(f"{server.url} cannot close an account; whoever runs it removes people under Organization")
    found = {person.email: person for person in server.people()}
    if (person := found.get(email.lower())) is None:
        raise NotFound("account", email, sorted(found), "See `stance label annotators list`")
    if person.email == OWNER:
        raise UsageError(f"{OWNER} is the account that the other commands use; it stays open")
    server.set_person(person.email, active=False)
    return replace(person, active=False)


def _settled(server: Server, email: str, role: Role | None) -> Role | None:
    """The account open, and in this role if one is named; which role it has."""
    if not server.enforces_roles:
        return None
    person = next(person for person in server.people() if person.email == email)
    if not person.active or (role and role != person.role):
        server.set_person(email, role=role, active=True)
    return role or person.role


def sign_in(server: Server, email: str, password: str) -> httpx.Client:
    """A signed-in session, as a browser holds it.

    Raises
    ------
    ServerError
        The server does not know the address with this password.
    """
    browser = _browser(server)
    with server.talking():
        form = {"email": email, "password": password, "csrfmiddlewaretoken": _csrf(browser, "/user/login/")}
        answer = browser.post("/user/login/", data=form)
    if answer.status_code != 302:
        browser.close()
        raise ServerError(f"{server.url} does not let {email} sign in with that password")
    return browser


def _browser(server: Server) -> httpx.Client:
    return httpx.Client(
        base_url=server.url, timeout=TIMEOUT_S, headers={"Referer": server.url}, trust_env=not server.embedded
    )


def _csrf(browser: httpx.Client, page: str) -> str:
    found = _CSRF.search(browser.get(page).text)
    if not found:
        raise ServerError(f"the page {page} of {browser.base_url} has no form that an account can be made or used with")
    return found.group(1)

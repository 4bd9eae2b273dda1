"""What a connection can ask of a server about people: accounts, roles, and who is a member of which project."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from corpus.errors import ServerError
from labeling.studio.refusals import missing

Role = Literal["owner", "adjudicator", "annotator"]


@dataclass(frozen=True)
class Person:
    """An account on a server that enforces roles; ``done`` counts annotations and skips."""

    email: str
    role: Role
    active: bool
    projects: Sequence[int]
    done: int


class People(ABC):
    """The part of a connection that is about people."""

    api: Any
    url: str

    @abstractmethod
    def talking(self) -> AbstractContextManager[None]:
        """Turn what the client raises into errors that a user can act on."""

    @abstractmethod
    def request(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON to a request that the client has no method for."""

    @cached_property
    def enforces_roles(self) -> bool:
        """Whether the server lets annotators see their own projects and labels only.

        A Label Studio that was started without our settings gives every account full rights over everything.
        """
        try:
            self.request("GET", "api/stancelab/roles/")
        except ServerError as error:
            if missing(error):
                return False
            raise
        return True

    def users(self) -> dict[int, str]:
        """User id -> e-mail address."""
        with self.talking():
            return {int(user.id): str(user.email) for user in self.api.users.list()}

    def invitation(self) -> str:
        """The path and query of the page where a new account joins the organization."""
        return str(self.request("GET", "api/invite")["invite_url"])

    def rename_user(self, user: int, first_name: str, last_name: str) -> None:
        """Set the name that others see."""
        with self.talking():
            self.api.users.update(user, first_name=first_name, last_name=last_name)

    def people(self) -> list[Person]:
        """Every account with its role, by address; for a server that enforces roles."""
        return [
            Person(found["email"], found["role"], found["active"], found["projects"], found["done"])
            for found in self.request("GET", "api/stancelab/accounts/")
        ]

    def set_person(self, email: str, *, role: Role | None = None, active: bool | None = None) -> None:
        """Give an account another role, or close it (its work stays) or open it again."""
        changes = {"role": role, "active": active}
        body = {"email": email} | {name: value for name, value in changes.items() if value is not None}
        self.request("PATCH", "api/stancelab/accounts/", body)

    def members(self, project: int) -> list[str]:
        """The addresses of the people who see a project, owners apart, in order.

        Raises
        ------
        ServerError
            The server does not enforce roles, or has no such project.
        """
        return list(self.request("GET", f"api/stancelab/projects/{project}/members/")["members"])

    def set_members(self, project: int, emails: Sequence[str]) -> None:
        """Let these people see and label a project, and nobody else but owners; what others did there stays.

        Raises
        ------
        ServerError
            The server does not enforce roles, has no such project, or no account for one of the addresses.
        """
        body = {"members": sorted({email.lower() for email in emails})}
        self.request("PUT", f"api/stancelab/projects/{project}/members/", body)

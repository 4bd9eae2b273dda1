"""The connection to a Label Studio server: the workspace's own, or one named by LABEL_STUDIO_URL.

The only module, with ``refusals`` and ``predictions`` beside it, that imports ``label_studio_sdk``.
"""

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from label_studio_sdk.base_client import LabelStudioBase
from label_studio_sdk.core.api_error import ApiError

from corpus.errors import ServerError, ServerUnreachable, TokenRefused, UsageError
from corpus.files import sha256_text
from corpus.workspace import Workspace
from labeling.server.launch import running
from labeling.server.secret_store import load_or_create
from labeling.studio import task_pages
from labeling.studio.people import People
from labeling.studio.refusals import TIMEOUT_S, every, missing, translated
from labeling.studio.task_pages import Task

_LISTED = 100  # projects asked for by number at once


@dataclass(frozen=True)
class Project:
    """A project as the server lists it."""

    id: int
    title: str
    interface: str
    annotations: int
    skipped: int
    tasks: int


@dataclass(frozen=True)
class Server(People):
    """A server that answered and knows our token.

    ``name`` stands for it in the ledger: the address of a server that others run; for the workspace's own, whose port
    may change, a name derived from its data.
    """

    name: str
    url: str
    version: str
    embedded: bool
    token_kind: str
    token_source: str
    api: Any
    http: httpx.Client

    @contextmanager
    def talking(self) -> Iterator[None]:
        """Turn what the client raises into errors that a user can act on."""
        with translated(self.url, self.token_kind, self.token_source):
            yield

    def project(self, title: str) -> Project | None:
        """The project with exactly this title, or None."""
        with self.talking():
            found = [p for p in every(self.api.projects.list(title=title)) if p.title == title and p.id is not None]
            if not found:
                return None
        return self.projects([min(int(p.id) for p in found)]).popitem()[1]

    def projects(self, wanted: Sequence[int]) -> dict[int, Project]:
        """The projects of these numbers that the server still has."""
        found: dict[int, Project] = {}
        fields = "id,title,label_config,task_number,total_annotations_number,skipped_annotations_number"
        for start in range(0, len(wanted), _LISTED):
            part = wanted[start : start + _LISTED]
            with self.talking():
                pages = self.api.projects.list(ids=",".join(map(str, part)), include=fields, page_size=_LISTED)
                for p in every(pages):
                    found[int(p.id)] = Project(
                        id=int(p.id),
                        title=p.title or "",
                        interface=p.label_config or "<View/>",
                        annotations=int(p.total_annotations_number or 0),
                        skipped=int(p.skipped_annotations_number or 0),
                        tasks=int(p.task_number or 0),
                    )
        return {number: found[number] for number in wanted if number in found}

    def create_project(self, title: str, interface: str, *, instruction: str, overlap: int) -> int:
        """Make a project whose tasks are labelled in order by ``overlap`` annotators each; its id."""
        with self.talking():
            made = self.api.projects.create(
                title=title,
                description="stancelab",
                label_config=interface,
                expert_instruction=instruction,
                maximum_annotations=overlap,
                show_collab_predictions=False,
                enable_empty_annotation=False,
            )
        return int(made.id)

    def update_interface(self, project: int, interface: str, instruction: str) -> None:
        """Replace a project's interface and instruction."""
        with self.talking():
            self.api.projects.update(project, label_config=interface, expert_instruction=instruction)

    def import_tasks(self, project: int, data: Sequence[Mapping[str, str]]) -> list[int]:
        """Add a task for each mapping of task data; the numbers of the tasks, in the order of ``data``.

        Not by the client's own method, which walks through all of the body before it is written as JSON, and sends a
        request again whose answer failed, though the server may have done it.
        """
        body = [{"data": dict(item)} for item in data]
        path, params = f"api/projects/{project}/import", {"return_task_ids": "true"}
        return [int(task) for task in self.request("POST", path, body, params, retries=0)["task_ids"] or []]

    def suggested(self, project: int, model_version: str) -> set[int]:
        """The tasks of a project that have a prediction of this version of a model."""
        with self.talking():
            found = self.api.predictions.list(project=project)
            return {int(one.task) for one in found if one.model_version == model_version}

    def import_predictions(self, project: int, predictions: Sequence[Mapping[str, Any]]) -> None:
        """Attach predictions to tasks: ``task``, ``result``, ``score``, ``model_version`` of each."""
        with self.talking():
            # As for tasks: a request that may have been done is not sent again.
            self.api.projects.import_predictions(project, request=list(predictions), request_options={"max_retries": 0})

    def show_suggestions(self, project: int, model_version: str) -> None:
        """Let the page begin each task with its prediction of this version, where it has one."""
        with self.talking():
            self.api.projects.update(project, show_collab_predictions=True, model_version=model_version)

    def delete_task(self, task: int) -> None:
        """Delete a task; one that is gone already is fine."""
        try:
            with self.talking():
                self.api.tasks.delete(str(task))
        except ServerError as error:
            if not missing(error):
                raise

    def task_sentences(self, project: int) -> list[tuple[int, str, int]]:
        """(task, sentence_id, number of annotations and skips) of every task that we made, ordered by task."""
        with self.talking():
            # Skips are annotations too, but the server does not count them in the total.
            tasks = self.api.tasks.list(
                project=project,
                fields="task_only",
                include="id,data,total_annotations,cancelled_annotations",
                page_size=1000,
            )
            rows = [
                (int(t.id), str(t.data["sentence_id"]), (t.total_annotations or 0) + (t.cancelled_annotations or 0))
                for t in every(tasks)
                if "sentence_id" in t.data
            ]
        return sorted(rows)

    def changed_tasks(
        self, project: int, since: datetime | None, page_size: int = task_pages.PAGE_SIZE
    ) -> Iterator[list[Task]]:
        """Pages of the tasks touched after ``since``; see :func:`labeling.studio.task_pages.changed_tasks`."""
        return task_pages.changed_tasks(self._task_records, project, since, page_size)

    def newest_task(self, project: int) -> int | None:
        """The highest number of a project's tasks; the server gives none twice while its database stands."""
        newest = {"project": project, "fields": "task_only", "include": "id", "page_size": 1}
        found = self._task_records(newest | {"query": json.dumps({"ordering": ["-tasks:id"]})})
        return int(found[0]["id"]) if found else None

    def _task_records(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            return list(self.request("GET", "api/tasks/", params=params)["tasks"])
        except ServerError as error:
            if params.get("page", 1) > 1 and missing(error):
                return []
            raise

    def clock(self) -> datetime:
        """What time it is for the server."""
        with self.talking():
            return parsedate_to_datetime(self.http.get(f"{self.url}/api/version").headers["date"])

    def request(
        self, method: str, path: str, body: Any = None, params: dict[str, Any] | None = None, *, retries: int = 2
    ) -> Any:
        """Ask for what the client has no method for; its own transport knows how to sign the request."""
        content = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        with self.talking():
            answer = self.api._client_wrapper.httpx_client.request(
                path,
                method=method,
                content=content,
                headers=None if body is None else {"content-type": "application/json"},
                params=params,
                request_options={"max_retries": retries},
            )
            if answer.status_code >= 400:
                raise ApiError(status_code=answer.status_code, body=answer.text)
            return answer.json()


def connect(workspace: Workspace) -> Server:
    """The server that LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY name, else the workspace's own.

    Raises
    ------
    UsageError
        Only one of the two variables is set, or the address is none.
    ServerUnreachable, TokenRefused, ServerError
        Nobody answers, the token is not known there, or what answers is no Label Studio.
    """
    url, key = os.environ.get("LABEL_STUDIO_URL", "").rstrip("/"), os.environ.get("LABEL_STUDIO_API_KEY", "")
    if bool(url) != bool(key):
        have, lack = (
            ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY") if url else ("LABEL_STUDIO_API_KEY", "LABEL_STUDIO_URL")
        )
        raise UsageError(
            f"{have} is set and {lack} is not: set both for a server of your own, or neither for the embedded one"
        )
    if url:
        if not re.match(r"https?://[^/\s]+", url):
            raise UsageError(f"LABEL_STUDIO_URL: expected http://HOST:PORT or https://HOST, got {url!r}")
        return _connected(url, key, url, "LABEL_STUDIO_API_KEY", embedded=False)
    return connect_embedded(workspace)


def connect_embedded(workspace: Workspace) -> Server:
    """The workspace's own server, whatever the environment names; see :func:`connect` for what is raised."""
    found = running(workspace.labelstudio)
    if found is None:
        raise ServerUnreachable(f"this workspace ({workspace.root})", "its embedded server does not run")
    token = load_or_create(workspace.labelstudio).token
    name = f"embedded-{sha256_text(token)[:8]}"
    return _connected(found.url, token, name, str(workspace.labelstudio / "secrets.json"), embedded=True)


def token_kind(token: str) -> str:
    """What a Label Studio token is, by its form."""
    if re.fullmatch(r"[0-9a-f]{40}", token):
        return "legacy token"
    return "personal access token" if token.startswith("ey") and token.count(".") == 2 else "token of no known kind"


def _expired(token: str) -> datetime | None:
    """When a personal access token expired, if it says so itself; its signature is for the server to check."""
    try:
        payload = token.split(".")[1]
        expiry = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
        moment = datetime.fromtimestamp(float(expiry), UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError):
        return None
    return moment if moment < datetime.now(UTC) else None


def _connected(url: str, token: str, name: str, source: str, *, embedded: bool) -> Server:
    kind = token_kind(token)
    if expiry := _expired(token):
        raise TokenRefused(url, f"{kind} (expired on {expiry:%Y-%m-%d})", source)
    with translated(url, kind, source):
        # A proxy that the environment names must not come between this process and its own loopback server.
        http = httpx.Client(timeout=TIMEOUT_S, follow_redirects=True, trust_env=not embedded)
        version = _version(http, url)
        # The client without its extensions for exports and conversions, which load pandas, cloud storage and a faker:
        # seconds of processor at every command, for what is not used here.
        api: Any = LabelStudioBase(base_url=url, api_key=token, httpx_client=http)
        api.users.whoami()
    return Server(name, url, version, embedded, kind, source, api, http)


def _version(http: httpx.Client, url: str) -> str:
    answer = http.get(f"{url}/api/version")
    if answer.status_code >= 500:
        raise ApiError(status_code=answer.status_code, body=answer.text)
    try:
        return str(answer.json()["release"])
    except (ValueError, KeyError, TypeError) as error:
        raise ServerError(f"what answers at {url} is not Label Studio: its /api/version is not as expected") from error

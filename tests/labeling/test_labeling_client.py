"""Connecting: which server, which token, and what is said when either is wrong."""

import socket
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from fake_label_studio import LEGACY, URL

from corpus.errors import ServerError, ServerUnreachable, TokenRefused, UsageError
from corpus.files import write_json
from labeling.server.secret_store import load_or_create
from labeling.studio.client import connect, token_kind

SOON, PAST = datetime.now(UTC) + timedelta(days=1), datetime.now(UTC) - timedelta(days=1)


def personal(expires: datetime) -> str:
    claims = {"token_type": "refresh", "exp": int(expires.timestamp())}
    return jwt.encode(claims, "a key of sufficient length for this", algorithm="HS256")


def answering(fake, response: httpx.Response | Exception, path: str = "") -> None:
    def before(request):
        if path not in request.url.path:
            return None
        if isinstance(response, Exception):
            raise response
        return response

    fake.before = before


def test_a_legacy_token(fake, workspace):
    server = connect(workspace)
    assert (server.name, server.url, server.version) == (URL, URL, "1.23.2")
    assert (server.embedded, server.token_kind) == (False, "legacy token")
    assert server.users()[2] == "ann@example.com"


def test_a_personal_access_token_is_exchanged_for_an_access_token(fake, workspace, monkeypatch):
    refresh, access = personal(SOON), personal(SOON + timedelta(hours=1))
    fake.tokens = {f"Bearer {access}"}
    answering(fake, httpx.Response(200, json={"access": access}), "/api/token/refresh")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", refresh)
    assert connect(workspace).token_kind == "personal access token"


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("f" * 40, "legacy token"),
        ("F" * 40, "token of no known kind"),
        ("nonsense", "token of no known kind"),
        ("eyJhbGciOi.J9.x", "personal access token"),
        (personal(PAST), "personal access token"),
        (personal(SOON), "personal access token"),
    ],
)
def test_a_refused_token_says_which_kind_it_is_and_where_to_get_one(fake, workspace, monkeypatch, token, kind):
    answering(fake, httpx.Response(401, json={"detail": "Token is invalid", "code": "x"}), "/api/token/refresh")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
    assert token_kind(token) == kind
    with pytest.raises(TokenRefused) as refused:
        connect(workspace)
    said = str(refused.value)
    expired = f" (expired on {PAST:%Y-%m-%d})" if token == personal(PAST) else ""
    assert f"{URL} refuses the {kind}{expired} from LABEL_STUDIO_API_KEY" in said
    assert f"{URL}/user/account" in said
    assert token not in said
    assert refused.value.exit_code == 1


@pytest.mark.parametrize(("name", "other"), [("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY")] * 2)
def test_one_variable_without_the_other(fake, workspace, monkeypatch, name, other):
    monkeypatch.delenv(name)
    with pytest.raises(UsageError, match=f"{other} is set and {name} is not"):
        connect(workspace)


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host", "http://", "http://host:port"])
def test_an_address_that_is_none(workspace, monkeypatch, url):
    monkeypatch.setenv("LABEL_STUDIO_URL", url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", LEGACY)
    with pytest.raises(UsageError, match="LABEL_STUDIO_URL"):
        connect(workspace)


def test_nothing_listens(workspace, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        monkeypatch.setenv("LABEL_STUDIO_URL", url)
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", LEGACY)
        with pytest.raises(ServerUnreachable, match=f"no Label Studio answers at {url} .*stance label serve"):
            connect(workspace)


def test_no_embedded_server_runs(workspace, monkeypatch):
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    with pytest.raises(ServerUnreachable, match=r"its embedded server does not run.*stance label serve"):
        connect(workspace)


def test_the_workspaces_own_server_is_found_and_named_by_its_data(fake, workspace, monkeypatch):
    monkeypatch.delenv("LABEL_STUDIO_URL")
    monkeypatch.delenv("LABEL_STUDIO_API_KEY")
    monkeypatch.setattr("labeling.server.launch._healthy", lambda url, seconds: True)
    fake.tokens = {f"Token {load_or_create(workspace.labelstudio).token}"}
    for port in (8080, 9090):
        write_json(workspace.labelstudio / "server.json", {"url": f"http://127.0.0.1:{port}", "version": "1", "pid": 1})
        server = connect(workspace)
        assert server.embedded
        assert server.url == f"http://127.0.0.1:{port}"
        assert server.name.startswith("embedded-")
    assert server.name == connect(workspace).name, "the port is not part of it"


@pytest.mark.parametrize(
    ("response", "error", "told"),
    [
        (httpx.Response(200, text="<html>Welcome</html>"), ServerError, "is not Label Studio"),
        (httpx.Response(200, json=["release"]), ServerError, "is not Label Studio"),
        (httpx.Response(404, json={"detail": "Not found."}), ServerError, "is not Label Studio"),
        (httpx.Response(503, text="starting"), ServerError, "answered 503: starting"),
        (httpx.ReadTimeout("slow"), ServerUnreachable, "no answer within 120 s"),
        (httpx.TooManyRedirects("round and round"), ServerUnreachable, "round and round"),
    ],
)
def test_what_answers_is_no_label_studio(fake, workspace, response, error, told):
    answering(fake, response)
    with pytest.raises(error, match=told):
        connect(workspace)


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (httpx.Response(500, json={"detail": "database is locked"}), "answered 500: database is locked"),
        (httpx.Response(500, text="<h1>Server Error</h1>"), "answered 500: <h1>Server Error</h1>"),
        (httpx.Response(403, json={"detail": "not for you"}), "answered 403: not for you"),
        (
            httpx.Response(400, json={"detail": "Validation error", "validation_errors": {"title": ["long"]}}),
            "title.*long",
        ),
        (httpx.ReadTimeout("slow"), "no answer within 120 s"),
        (httpx.ConnectError("refused"), "refused"),
    ],
)
def test_every_call_turns_trouble_into_a_message(fake, server, response, told):
    answering(fake, response)
    calls = [
        server.users,
        server.invitation,
        lambda: server.project("first"),
        lambda: server.projects([1]),
        lambda: server.create_project("t", "<View/>", instruction="", overlap=1),
        lambda: server.update_interface(1, "<View/>", ""),
        lambda: server.import_tasks(1, [{"text": "t"}]),
        lambda: server.delete_task(1),
        lambda: server.task_sentences(1),
        lambda: list(server.changed_tasks(1, None)),
    ]
    for call in calls:
        with pytest.raises(ServerError, match=f"(?s){told}") as raised:
            call()
        assert len(str(raised.value)) < 1000


def test_a_page_instead_of_json(fake, server):
    answering(fake, httpx.Response(200, text="<html>sign in</html>"))
    for call in (server.users, server.invitation, lambda: server.task_sentences(1), lambda: server.projects([1])):
        with pytest.raises(ServerError, match="answered with something other than JSON"):
            call()


def test_a_fault_of_our_own_is_not_blamed_on_the_server(server):
    with pytest.raises(KeyError), server.talking():
        {}["missing"]


def test_what_is_gone_is_none_and_may_be_deleted(server):
    assert server.projects([12]) == {}
    assert server.project("nope") is None
    server.delete_task(12)


@pytest.mark.parametrize("command", ["push first", "pull", "annotators list", "annotators add a@example.com"])
def test_commands_without_a_server_end_with_1_and_say_what_to_do(stance_command, corpus, monkeypatch, command):
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    ended = stance_command("label", *command.split())
    assert ended.code == 1
    assert "stance label serve" in ended.err
    monkeypatch.setenv("LABEL_STUDIO_URL", URL)
    assert stance_command("label", *command.split()).code == 2


def test_annotators_are_listed_and_the_simulated_ones_marked(stance_command, fake):
    fake.users[9] = "annotator-1@simulated.invalid"
    done = stance_command("label", "annotators", "list", "--json")
    assert {a["email"]: a["simulated"] for a in done.record["annotators"]} == {
        "ann@example.com": False,
        "annotator-1@simulated.invalid": True,
        "bob@example.com": False,
        "owner@example.com": False,
    }


def test_an_account_that_exists_is_left_and_no_address_is_refused(stance_command, fake):
    done = stance_command("label", "annotators", "add", "Ann@Example.com", "--json")
    assert done.record == {"email": "ann@example.com", "role": "annotator", "password": None, "created": False}
    for bad in ("ann", "ann@example", "a b@example.com", "@example.com"):
        assert stance_command("label", "annotators", "add", bad).code == 2

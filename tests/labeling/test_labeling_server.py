"""The embedded server without starting it: secrets, its folder, its environment, its port."""

import json
import os
import socket
import stat
import subprocess
import sys

import pytest

from corpus.errors import InputError, InUse, ServerError, UsageError
from corpus.files import lock
from labeling.server import launch
from labeling.server.secret_store import load_or_create


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "workspace" / "labelstudio"


@pytest.fixture
def child(monkeypatch):
    """``child(code)``: this Python code runs in place of Label Studio; returns what it was started with."""
    started = {}

    def replace(code):
        real = subprocess.Popen

        def popen(command, **options):
            started.update(command=command, **options)
            return real([sys.executable, "-c", code], **options)

        monkeypatch.setattr(launch.subprocess, "Popen", popen)
        return started

    return replace


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def start(folder, **options):
    with launch.serve(folder, 0, **options):
        pass


def test_secrets_are_made_once_for_their_owner_only(folder, tmp_path):
    made = load_or_create(folder)
    assert mode(folder / "secrets.json") == 0o600
    assert load_or_create(folder) == made
    other = load_or_create(tmp_path / "other")
    assert not {made.password, made.token, made.django_key} & {other.password, other.token, other.django_key}
    assert len(made.token) == 40
    assert len(made.password) >= 20
    assert made.owner == "owner@localhost"


@pytest.mark.parametrize("damage", ["", "{", "[1]", "null", '{"owner": "a"}', '{"owner": 1, "more": 2}', "\udcff"])
def test_damaged_secrets_are_named_and_kept(folder, damage):
    load_or_create(folder)
    path = folder / "secrets.json"
    path.write_bytes(damage.encode("utf-8", "surrogateescape"))
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"secrets\.json: is damaged: expected JSON with owner, .*backup"):
        load_or_create(folder)
    assert path.read_bytes() == before


def test_serve_closes_the_folder_and_keeps_secrets_out_of_the_command_line(folder, child):
    folder.mkdir(parents=True, mode=0o755)
    started = child("raise SystemExit('out of luck')")
    with pytest.raises(ServerError, match=r"Label Studio ended while starting: out of luck .*server\.log"):
        start(folder)
    assert mode(folder) == 0o700
    assert mode(folder / "secrets.json") == 0o600
    secrets = load_or_create(folder)
    assert not {secrets.token, secrets.password, secrets.django_key} & set(map(str, started["command"]))
    assert started["env"]["SECRET_KEY"] == secrets.django_key
    assert not (folder / "server.json").exists()


def test_a_server_that_dies_without_a_word(folder, child):
    child("")
    with pytest.raises(ServerError, match="it said nothing"):
        start(folder)


def test_a_server_that_is_never_healthy_is_stopped(folder, child, monkeypatch):
    child("import sys; print('still busy', flush=True); sys.stdin.read()")
    monkeypatch.setattr(launch, "START_SECONDS", 0.5)
    pids = []
    real = launch._stop
    monkeypatch.setattr(launch, "_stop", lambda process: (real(process), pids.append(process.pid)))
    with pytest.raises(ServerError, match=r"not healthy after 0\.5 s"):
        start(folder)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_a_healthy_server_is_found_through_the_folder_while_it_runs(folder, child, monkeypatch):
    child(
        "import http.server, json, os, sys, threading\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200); self.end_headers()\n"
        "        self.wfile.write(json.dumps({'release': '9.9'}).encode())\n"
        "s = http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT_FOR_TEST'])), H)\n"
        "threading.Thread(target=s.serve_forever, daemon=True).start(); sys.stdin.read()"
    )
    port = launch._bindable(0)
    monkeypatch.setenv("PORT_FOR_TEST", str(port))
    with launch.serve(folder, port) as (info, process):
        assert info == launch.Running(f"http://127.0.0.1:{port}", "9.9", os.getpid())
        assert launch.running(folder) == info
        with pytest.raises(InUse, match=f"runs already at {info.url}"):
            start(folder)
    assert process.returncode is not None
    assert launch.running(folder) is None
    assert not (folder / "server.json").exists()


@pytest.mark.parametrize(
    "left", ["", "[]", '{"url": "x"}', json.dumps({"url": "http://127.0.0.1:9", "version": "1", "pid": 1})]
)
def test_a_file_left_by_a_killed_server_is_not_believed(folder, left):
    folder.mkdir(parents=True)
    (folder / "server.json").write_text(left)
    assert launch.running(folder) is None


def test_another_server_at_work_in_the_folder(folder, monkeypatch):
    monkeypatch.setattr(launch, "STOP_SECONDS", 0.3)
    with lock(folder / "server.lock", "busy"), pytest.raises(InUse, match="another `stance label serve` is at work"):
        start(folder)


def test_a_taken_port_is_named():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InUse, match=f"port {port} on 127.0.0.1 is taken .*--port, or 0 for a free one"):
            launch._bindable(port)
        assert launch.port_near(port) == 0
    assert launch.port_near(port) == port
    assert launch._bindable(0) >= 1024


def test_a_taken_port_ends_the_command_with_1(stance_command):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ended = stance_command("label", "serve", "--port", other.getsockname()[1])
    assert ended.code == 1
    assert "is taken" in ended.err
    assert stance_command("label", "serve", "--port", 70000).code == 2


def test_the_childs_environment_is_ours(folder, monkeypatch):
    theirs = {
        "LABEL_STUDIO_URL": "x", "LABEL_STUDIO_API_KEY": "x", "HEARTEX_DEBUG": "1", "POSTGRE_HOST": "x",
        "DJANGO_DB": "x", "SENTRY_DSN": "https://x", "HOST": "https://elsewhere", "DATABASE_NAME": "/elsewhere.sqlite3",
        "STORAGE_TYPE": "s3", "REDIS_LOCATION": "x", "DEBUG": "True", "COLLECT_ANALYTICS": "True", "SECRET_KEY": "x",
        "BASE_DATA_DIR": "/elsewhere", "ALLOWED_HOSTS": "*", "LATEST_VERSION_CHECK": "True",
    }  # fmt: skip
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("STANCE_HARMLESS", "kept")
    env = launch._environment(folder, None)
    assert env["STANCE_HARMLESS"] == "kept"
    assert env["PATH"] == os.environ["PATH"]
    assert {name for name in theirs if env.get(name) == theirs[name]} == set()
    assert env["DJANGO_DB"] == "sqlite"
    assert env["BASE_DATA_DIR"] == str(folder)
    assert (env["COLLECT_ANALYTICS"], env["LATEST_VERSION_CHECK"]) == ("False", "False")
    assert (env["SENTRY_DSN"], env["FRONTEND_SENTRY_DSN"]) == ("", "")
    assert env["DISABLE_SIGNUP_WITHOUT_LINK"] == "True"
    assert env["ALLOWED_HOSTS"] == "127.0.0.1,localhost"


def test_a_database_url_becomes_label_studios_settings(folder):
    env = launch._environment(folder, "postgresql://us%40er:p%3Aw@db.example:5433/labels")
    assert {name: env[name] for name in env if name.startswith("POSTGRE_")} == {
        "POSTGRE_USER": "us@er", "POSTGRE_PASSWORD": "p:w", "POSTGRE_HOST": "db.example", "POSTGRE_PORT": "5433",
        "POSTGRE_NAME": "labels",
    }  # fmt: skip
    assert env["DJANGO_DB"] == "default"
    assert launch._environment(folder, "postgresql://u@h/d")["POSTGRE_PORT"] == "5432"


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://u:p@h/d", "postgresql://u:p@h:5432", "postgresql://u:hidden@h:port/d", "://"]
)
def test_a_malformed_database_url_is_refused_without_showing_it(folder, url):
    with pytest.raises(
        UsageError, match=r"--database-url: expected postgresql://user:password@host:port/name"
    ) as error:
        launch._environment(folder, url)
    assert "hidden" not in str(error.value)


def test_a_server_that_many_keep_busy_is_running_all_the_same(folder, monkeypatch):
    def late(url, *, timeout, **options):
        if timeout < 30:
            raise launch.httpx.ReadTimeout("it answers after half a minute")
        return launch.httpx.Response(200)

    folder.mkdir(parents=True)
    found = launch.Running("http://127.0.0.1:9", "1", 1)
    (folder / "server.json").write_text(json.dumps(vars(found)))
    monkeypatch.setattr(launch.httpx, "get", late)
    assert launch.running(folder) == found

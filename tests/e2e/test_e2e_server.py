"""The embedded server's life: it is found, refused, stopped, killed, and never left behind."""

import json
import os
import signal
import socket
import stat
import time
from pathlib import Path
from typing import Any

import httpx
import pytest


def _processes(folder: Path) -> list[int]:
    """Processes whose command line names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if str(folder).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def _gone(folder: Path, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while _processes(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not _processes(folder)


def test_a_second_server_is_refused_and_a_killed_one_leaves_nothing_behind(stance: Any) -> None:
    folder = stance.workspace / "labelstudio"
    process = stance.start("label", "serve", "--port", "0", "--json")
    info = json.loads(process.stdout.readline())
    assert info["pid"] == process.pid
    assert len(_processes(folder)) == 1
    refused = stance.run("label", "serve", "--port", "0", code=1)
    assert f"runs already at {info['url']}" in refused.stderr
    process.kill()
    process.communicate()
    assert _gone(folder), "the server outlived the command that was killed"
    told = stance.run("label", "pull", code=1)
    assert "stance label serve" in told.stderr
    # The next one starts on what the killed one left.
    with stance.serving() as again:
        assert httpx.get(f"{again['url']}/health", trust_env=False).status_code == 200
    assert _gone(folder)


def test_the_server_listens_on_loopback_only_and_keeps_its_secrets(shared: tuple[Any, str]) -> None:
    stance, url = shared
    folder = stance.workspace / "labelstudio"
    assert stat.S_IMODE((folder / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    port = int(url.rpartition(":")[2])
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    addresses = {row.split()[1] for row in listening if row.split()[3] == "0A"}
    assert f"0100007F:{port:04X}" in addresses
    assert f"00000000:{port:04X}" not in addresses
    strange = httpx.get(f"{url}/user/login/", headers={"Host": "evil.example"}, trust_env=False)
    assert strange.status_code == 400
    page = httpx.get(f"{url}/user/login/", trust_env=False).text
    assert "sentry.io" not in page
    assert stance.token not in page


def test_a_taken_port_is_named(stance: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = stance.run("label", "serve", "--port", str(port), code=1)
    assert f"port {port}" in told.stderr
    assert "--port" in told.stderr


def test_a_server_that_cannot_start_says_why(stance: Any) -> None:
    (stance.workspace / "labelstudio" / "label_studio.sqlite3").write_bytes(b"this is no database" * 100)
    told = stance.run("label", "serve", "--port", "0", code=1)
    assert "not a database" in told.stderr
    assert "server.log" in told.stderr


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("0" * 40, "legacy token"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "personal access token"),
        ("nonsense", "no known kind"),
    ],
)
def test_a_wrong_token_is_named_by_its_kind(shared: tuple[Any, str], token: str, kind: str) -> None:
    stance, url = shared
    told = stance.run("label", "pull", code=1, env={"LABEL_STUDIO_URL": url, "LABEL_STUDIO_API_KEY": token})
    assert kind in told.stderr
    assert f"{url}/user/account" in told.stderr


def test_both_kinds_of_token_work_on_a_server_named_by_its_address(shared: tuple[Any, str], tmp_path: Path) -> None:
    stance, url = shared
    elsewhere = type(stance)(tmp_path / "workspace")
    seed = Path(__file__).parents[2] / "corpus" / "sample" / "seed.txt"
    elsewhere("corpus", "build", str(seed))
    batch = elsewhere("corpus", "sample", "5", "--name", "remote")["batch"]
    legacy = {"LABEL_STUDIO_URL": url, "LABEL_STUDIO_API_KEY": stance.token}
    made = elsewhere.run("label", "push", batch, "--json", env=legacy)
    assert json.loads(made.stdout)["created"] == 5
    with stance.owner(url) as api:
        personal = api.post("/api/token/").json()["token"]
    again = elsewhere.run("label", "push", batch, "--json", env={**legacy, "LABEL_STUDIO_API_KEY": personal})
    assert json.loads(again.stdout) | {"seconds": 0} == json.loads(made.stdout) | {
        "created": 0, "existing": 5, "seconds": 0,
    }  # fmt: skip


def test_ctrl_c_stops_the_server(stance: Any) -> None:
    process = stance.start("label", "serve", "--port", "0", "--json")
    process.stdout.readline()
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(30) == 0
    assert _gone(stance.workspace / "labelstudio")

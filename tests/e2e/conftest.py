"""The real server, the real command and a real browser, each test with a workspace of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

STANCE = Path(sys.executable).with_name("stance")
# What a headless Chromium needs as root in a container, and what keeps it from asking its maker's hosts.
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@dataclass(frozen=True)
class Stance:
    """The command, in one workspace."""

    workspace: Path

    @property
    def env(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LABEL_STUDIO_", "STANCE_"))}
        return kept | {"STANCE_WORKSPACE": str(self.workspace)}

    def run(
        self, *arguments: str, code: int = 0, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [STANCE, *arguments], env=self.env | (env or {}), capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        return json.loads(self.run(*arguments, "--json", code=code).stdout.splitlines()[-1])

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [STANCE, *arguments], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    @contextmanager
    def serving(self) -> Iterator[dict[str, Any]]:
        """`stance label serve` while the block runs; yields its JSON line."""
        process = self.start("label", "serve", "--port", "0", "--json")
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            yield json.loads(line)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0

    @property
    def token(self) -> str:
        return str(json.loads((self.workspace / "labelstudio" / "secrets.json").read_text())["token"])

    def owner(self, url: str) -> httpx.Client:
        """Label Studio's API as the owner, without our client."""
        return httpx.Client(base_url=url, headers={"Authorization": f"Token {self.token}"}, timeout=60, trust_env=False)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a server that was started once: migrations take half a minute, so they run once."""
    stance = Stance(tmp_path_factory.mktemp("prepared"))
    with stance.serving():
        pass
    return stance.workspace / "labelstudio"


@pytest.fixture
def stance(tmp_path: Path, prepared: Path) -> Stance:
    """The command in a new workspace whose server has its database, and nothing in it."""
    shutil.copytree(prepared, tmp_path / "workspace" / "labelstudio")
    return Stance(tmp_path / "workspace")


@pytest.fixture
def server(stance: Stance) -> Iterator[dict[str, Any]]:
    with stance.serving() as info:
        yield info


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[tuple[Stance, str]]:
    """A workspace and the address of its running server, for the tests of a file that do not disturb each other."""
    workspace = tmp_path_factory.mktemp("shared")
    shutil.copytree(prepared, workspace / "labelstudio")
    stance = Stance(workspace)
    with stance.serving() as info:
        yield stance, info["url"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def killed_at() -> Callable[["subprocess.Popen[str]", float], None]:
    """Kill -9 a process after so many seconds, unless it has ended."""

    def kill(process: "subprocess.Popen[str]", seconds: float) -> None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()

    return kill

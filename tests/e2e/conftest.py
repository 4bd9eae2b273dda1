"""The real server, the real command and a real browser, each test with a workspace of its own."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from stance_command import Stance

# What a headless Chromium needs as root in a container, and what keeps it from asking its maker's hosts.
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
    if os.environ.get("PYTEST_XDIST_WORKER"):
        # Several processes share the files: the long ones first, or one is still at work when the others have ended.
        items.sort(key=lambda item: "e2e" not in item.keywords)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a server that was started once: migrations take half a minute, so they run once."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent  # One for all processes of the run.
    with (folder / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "prepared").exists():
            with Stance(folder / "preparing").serving():
                pass
            (folder / "preparing").rename(folder / "prepared")
    return folder / "prepared" / "labelstudio"


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
        if found is None and not Path(playwright.chromium.executable_path).exists():
            pytest.fail("no Chromium for the browser tests: apt-get install chromium, or playwright install chromium")
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

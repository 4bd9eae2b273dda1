"""The `stance` command in a workspace, as tests and other processes run it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

STANCE = Path(sys.executable).with_name("stance")


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

    def start(self, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [STANCE, *arguments], env=self.env | (env or {}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
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

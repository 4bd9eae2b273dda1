"""Nothing lost: many annotators label at once while the server is killed and pulls run from two shells.

python benchmarks/faults.py                          40 annotators, five kills, SQLite for server and ledger
python benchmarks/faults.py --postgres --workers 2   PostgreSQL for both (started for this), two server processes

Each annotator signs in and saves as the page does. Whatever the server acknowledged has to be in the ledger, once.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from postgres_server import running as postgres  # noqa: E402

from corpus.workspace import Workspace  # noqa: E402
from labeling.ledger.ledger import Ledger  # noqa: E402
from labeling.people.accounts import add, sign_in  # noqa: E402
from labeling.questions import result  # noqa: E402
from labeling.studio.client import connect  # noqa: E402

STANCE = Path(sys.executable).with_name("stance")
PASSWORD = "a password for this run only"  # noqa: S105
LABELS = ("pro-Russia", "pro-US", "neutral")
TYPES = ("government", "military", "none")


@dataclass
class Campaign:
    """One run: where, how much, and what was seen."""

    env: dict[str, str]
    workspace: Workspace
    port: int
    workers: int
    server: "subprocess.Popen[str] | None" = None
    acknowledged: dict[int, tuple[int, str]] = field(default_factory=dict)
    unanswered: int = 0
    only_saved: int = 0
    pulls: int = 0
    failed_pulls: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    def stance(self, *arguments: str) -> dict[str, object]:
        done = subprocess.run([STANCE, *arguments, "--json"], env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return json.loads(done.stdout.splitlines()[-1])

    def start(self) -> str:
        command = [STANCE, "label", "serve", "--port", str(self.port), "--workers", str(self.workers), "--json"]
        self.server = subprocess.Popen(
            command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        line = self.server.stdout.readline()
        assert line, "the server did not start"
        url = str(json.loads(line)["url"])
        self.port = int(url.rsplit(":", 1)[1])
        return url

    def kill(self) -> None:
        """Kill -9 every process of the server, and the one that holds its leash."""
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text().split()
        for child in children:
            os.killpg(int(child), signal.SIGKILL)
        self.server.kill()
        self.server.wait()


@contextmanager
def campaign(folder: Path, *, databases: tuple[str, str] | None, workers: int) -> Iterator[Campaign]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LABEL_STUDIO_", "STANCE_"))}
    env = kept | {"STANCE_WORKSPACE": str(folder / "workspace")}
    if databases:
        env |= {"STANCE_DATABASE_URL": databases[0], "STANCE_LEDGER_URL": databases[1]}
    found = Campaign(env, Workspace(folder / "workspace"), 0, workers)
    try:
        yield found
    finally:
        found.over.set()
        if found.server and found.server.poll() is None:
            found.server.send_signal(signal.SIGTERM)
            found.server.wait(60)


def label(run: Campaign, number: int, email: str, browser: httpx.Client, tasks: list[int]) -> None:
    """One annotator: every task once, again from where the server went away."""
    rng = np.random.default_rng([7, number])
    for task in rng.permutation(tasks):
        given = {"stance": str(rng.choice(LABELS)), "source_type": str(rng.choice(TYPES))}
        body = {"result": result(given), "lead_time": 3.0}
        again = False
        while True:
            try:
                answer = browser.post(f"/api/tasks/{task}/annotations/", json=body)
            except httpx.HTTPError:
                run.unanswered += 1
                again = True
                time.sleep(0.5)
                continue
            if answer.status_code == 201:
                run.acknowledged[int(answer.json()["id"])] = (int(task), email)
                break
            if again and answer.status_code == 409:
                # The server had saved it, and was killed before it said so: a second answer is refused.
                run.only_saved += 1
                break
            assert answer.status_code >= 500, f"{answer.status_code}: {answer.text[:300]}"
            run.unanswered += 1
            again = True
            time.sleep(0.5)
    browser.close()


def shell(run: Campaign) -> None:
    """Pull again and again, as a person in a shell would; while the server is away that fails, with a message."""
    while not run.over.is_set():
        done = subprocess.run(
            [STANCE, "label", "pull", "--json"], env=run.env, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        run.pulls += 1
        if done.returncode:
            run.failed_pulls[done.stderr.strip().splitlines()[-1][:150]] += 1


def said(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def figures(run: Campaign, *, annotators: int, sentences: int, kills: int) -> dict[str, object]:
    rng = np.random.default_rng(5)
    words = ("river", "port", "signal", "harvest", "minister", "convoy", "answer", "border", "winter", "engine")
    lines = run.workspace.root.parent / "lines.txt"
    lines.write_text("\n".join(f"Line {n} says {' '.join(rng.choice(words, 9))}." for n in range(sentences)))
    url = run.start()
    said("the server is up")
    run.stance("corpus", "build", str(lines), "--unit", "line")
    run.stance("corpus", "sample", "all", "--name", "load")
    project = int(str(run.stance("label", "push", "load")["project"]))
    server = connect(run.workspace)
    emails = [f"annotator-{number}@load.invalid" for number in range(annotators)]
    for email in emails:
        add(server, email, password=PASSWORD)
    server.set_members(project, emails)
    tasks = [task for task, _, _ in server.task_sentences(project)]
    said(f"{annotators} annotators, {len(tasks)} sentences, at {url}")
    start = time.monotonic()
    with ThreadPoolExecutor(annotators + 2) as pool:
        browsers = list(pool.map(lambda email: sign_in(server, email, PASSWORD), emails))
        shells = [pool.submit(shell, run) for _ in range(2)]
        try:
            people = [pool.submit(label, run, n, emails[n], browsers[n], tasks) for n in range(annotators)]
            for number in range(kills):
                # Spread over the work, so that a slow machine is hit as often as a fast one.
                while len(run.acknowledged) < annotators * len(tasks) * (number + 1) / (kills + 1):
                    assert not any(person.done() and person.exception() for person in people)
                    time.sleep(0.1)
                run.kill()
                said(f"killed; {len(run.acknowledged)} labels acknowledged")
                assert run.start() == url
            for person in people:
                person.result()
            seconds = time.monotonic() - start
            said("all labelled")
        finally:
            run.over.set()
        for each in shells:
            each.result()
    run.stance("label", "pull")
    full = run.stance("label", "pull", "--full")
    ledger = Ledger(run.env.get("STANCE_LEDGER_URL") or run.workspace.ledger).annotations()
    numbers = Counter(int(name.rsplit("#", 1)[1]) for name in ledger.drop_duplicates("annotation_id")["annotation_id"])
    who = dict(zip((int(n.rsplit("#", 1)[1]) for n in ledger["annotation_id"]), ledger["annotator"], strict=True))
    return {
        "annotators": annotators,
        "kills": kills,
        "seconds": round(seconds, 1),
        "acknowledged": len(run.acknowledged),
        "unanswered": run.unanswered,
        "only_saved": run.only_saved,
        "in_ledger": len(numbers),
        "lost": len(run.acknowledged.keys() - numbers.keys()),
        "doubled": sum(count > 1 for count in numbers.values())
        + int(ledger.duplicated(["annotation_id", "question"]).sum()),
        "another_annotator": sum(who.get(n, email) != email for n, (_, email) in run.acknowledged.items()),
        "pulls": run.pulls,
        "failed_pulls": run.failed_pulls.total(),
        "why": dict(run.failed_pulls.most_common(5)),
        "left_for_a_full_pull": sum(int(str(full[name])) for name in ("new", "changed", "deleted")),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotators", type=int, default=40)
    parser.add_argument("--sentences", type=int, default=60)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--prepared", type=Path, help="a server's data folder to start from, to save its first start")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres() if asked.postgres else nullcontext() as database,
        campaign(
            Path(folder).resolve(),
            databases=(database.url("labelstudio"), database.url("ledger")) if database else None,
            workers=asked.workers,
        ) as run,
    ):
        if asked.prepared:
            shutil.copytree(asked.prepared, run.workspace.labelstudio)
        found = figures(run, annotators=asked.annotators, sentences=asked.sentences, kills=asked.kills)
    print(json.dumps(found | {"database": "PostgreSQL" if asked.postgres else "SQLite", "workers": asked.workers}))


if __name__ == "__main__":
    main()

"""What the guard adds to a request of an annotator: the same requests in one process, with it and without, in turns.

python benchmarks/guard.py                      300 of each; some two minutes, most of it to make a server's database
python benchmarks/guard.py --prepared FOLDER    starts from a server's data folder

Processor time of Label Studio's own views by Django's test client on SQLite: no socket, no browser. Prints JSON.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from corpus.workspace import Workspace
from labeling.people.accounts import add
from labeling.questions import result
from labeling.server.launch import _environment, serve
from labeling.studio.client import connect_embedded

ANNOTATOR = "annotator@guard.invalid"
PASSWORD = "a password for this run only"  # noqa: S105
INTERFACE = (
    '<View><Text name="text" value="$text"/><Choices name="stance" toName="text"><Choice value="a"/><Choice value="b"/>'
    "</Choices></View>"
)
GUARD = "labeling.server.guard.Guard"
BODY = {"result": result({"stance": "a"}), "lead_time": 3.0}


def world(workspace: Workspace, tasks: int) -> tuple[int, list[int]]:
    """A project of one annotator on a server that is stopped again: its number, and those of its tasks."""
    with serve(workspace.labelstudio, 0):
        server = connect_embedded(workspace)
        add(server, ANNOTATOR, password=PASSWORD)
        project = server.create_project("guarded", INTERFACE, instruction="", overlap=1)
        data = [{"sentence_id": f"s{n}", "text": f"Line {n} says something."} for n in range(tasks)]
        made = server.import_tasks(project, data)
        server.set_members(project, [ANNOTATOR])
    return project, made


def django(folder: Path) -> None:
    """Make this process the server's, as ``labeling.server`` does."""
    os.environ.update(_environment(folder, None))
    package = find_spec("label_studio")
    assert package is not None
    assert package.origin is not None
    sys.path.insert(0, str(Path(package.origin).parent))
    import django as framework

    framework.setup()


def clients() -> dict[str, Any]:
    """Two signed-in clients of the same views: without the guard, and with it."""
    from django.conf import settings
    from django.test import Client
    from django.test.utils import override_settings

    found = {}
    without = [name for name in settings.MIDDLEWARE if name != GUARD]
    assert len(without) == len(settings.MIDDLEWARE) - 1
    for name, middleware in {"without": without, "with": settings.MIDDLEWARE}.items():
        with override_settings(MIDDLEWARE=middleware):
            client = Client(headers={"host": "127.0.0.1"})
            client.handler.load_middleware()
        # By the form: Label Studio's sessions hold more than Django's, and end at once without it.
        client.get("/user/login/")
        form = {"email": ANNOTATOR, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"].value}
        assert client.post("/user/login/", form).status_code == 302
        found[name] = client
    return found


def requests(project: int, tasks: list[int]) -> Mapping[str, Callable[[Any, int], Any]]:
    """What the labeling page asks for most; the number says which task."""

    def post(client: Any, path: str, body: Any) -> Any:
        return client.post(path, json.dumps(body), content_type="application/json")

    return {
        "next task": lambda client, n: post(client, f"/api/dm/actions/?id=next_task&project={project}", {}),
        "a task": lambda client, n: client.get(f"/api/tasks/{tasks[n]}/?project={project}"),
        "an answer": lambda client, n: post(client, f"/api/tasks/{tasks[n]}/annotations/?project={project}", BODY),
        "a project": lambda client, n: client.get(f"/api/projects/{project}/"),
    }


def measured(asked: Callable[[Any, int], Any], sides: Mapping[str, Any], repeats: int) -> dict[str, float]:
    """Median milliseconds of processor of each side; every request is about a task of its own."""
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for n in range(2 * repeats):
        name = ("without", "with")[n % 2]
        start = time.process_time()
        answer = asked(sides[name], n)
        spent[name].append(time.process_time() - start)
        assert answer.status_code in (200, 201), answer.content[:300]
    middle = {name: 1000 * statistics.median(times) for name, times in spent.items()}
    return {**middle, "added_ms": middle["with"] - middle["without"], "ratio": middle["with"] / middle["without"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--prepared", type=Path, help="a server's data folder to start from, to save its first start")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder).resolve())
        if asked.prepared:
            shutil.copytree(asked.prepared, workspace.labelstudio)
        project, tasks = world(workspace, 2 * asked.repeats + 1)
        django(workspace.labelstudio)
        sides = clients()
        found = {name: measured(ask, sides, asked.repeats) for name, ask in requests(project, tasks).items()}
    for name, cost in found.items():
        print(
            f"{name:<12} {cost['without']:6.2f} ms without, {cost['with']:6.2f} ms with the guard: "
            f"{cost['added_ms']:+5.2f} ms, ratio {cost['ratio']:5.3f}"
        )
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""Which package may import which, and what a training machine never loads."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.console import ROOT

PACKAGES = ("corpus", "labeling", "train")
FILES = [
    *(ROOT / f"{name}.py" for name in ("stance", "demo", "suggestions")),
    *(p for name in PACKAGES for p in sorted((ROOT / name).rglob("*.py"))),
]
FORBIDDEN = {"corpus": {"labeling", "train"}, "labeling": {"train"}, "train": {"labeling"}}
# The shared core of the command line wires nothing: only the front door and the demo may know all packages.
FRONT = {"stance", "demo", "suggestions"}


def imported(source: str) -> set[str]:
    """Modules that a source names in an import, inside functions too; relative ones are refused."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import hides its arrow"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path.read_text(encoding="utf-8"))}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_are_found_wherever_they_stand() -> None:
    source = "import a.b\ndef f():\n    from c import d\n    if True:\n        import e as g\n"
    assert imported(source) == {"a.b", "c", "c.d", "e"}
    assert len(FILES) > 40


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_arrows(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0].removesuffix(".py")
    wrong = tops(path) & (FORBIDDEN.get(package, set()) | (set() if package in FRONT else FRONT))
    assert not wrong, f"{name_of(path)} must not import {wrong}"


@pytest.mark.parametrize(
    ("modules", "home"),
    [
        (
            {"label_studio_sdk"},
            ("labeling/studio/client.py", "labeling/suggestions/predictions.py", "labeling/studio/refusals.py"),
        ),
        ({"django", "label_studio", "core", "users", "organizations", "rest_framework"}, "labeling/server/"),
        ({"sklearn", "skops"}, ("train/", "corpus/sampling/diverse.py")),
        ({"matplotlib"}, ("corpus/drawing.py", "labeling/quality/plots.py", "train/")),
        ({"crowdkit"}, "labeling/gold/crowd.py"),
        ({"sqlalchemy"}, "labeling/"),
        ({"datasketch", "syntok"}, "corpus/"),
    ],
)
def test_a_foreign_package_has_one_home(modules: set[str], home: str | tuple[str, ...]) -> None:
    users = {name_of(path) for path in FILES if tops(path) & modules}
    assert users, f"nothing imports {modules}: this test watches the wrong name"
    assert all(user.startswith(home) for user in users), users


def test_no_pickle() -> None:
    users = [name_of(path) for path in FILES if tops(path) & {"pickle", "joblib", "dill", "cloudpickle", "shelve"}]
    assert not users


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_is_past_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_training_loads_neither_the_client_nor_labeling() -> None:
    modules = [name_of(p).removesuffix(".py").replace("/", ".") for p in FILES if name_of(p).startswith("train/")]
    assert "train.fit" in modules
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'label_studio_sdk', 'labeling', 'label_studio', 'django', 'httpx', 'sqlalchemy'}), 'sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[] True"


def test_a_pull_loads_no_tables_and_nothing_that_the_client_has_for_exports() -> None:
    code = (
        "import sys\n"
        "from labeling.studio import client, pull\n"
        "api = client.LabelStudioBase(base_url='http://127.0.0.1', api_key='0' * 40)\n"
        "api.users, api.projects, api.tasks\n"
        "print(*sorted({'pandas', 'jsf', 'smart_open', 'boto3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []

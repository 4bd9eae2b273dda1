"""Every command has help, an example that parses, shared options, a line in docs/commands.md; errors end well."""

import errno
import json
import re
import subprocess
import sys
import types
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner
from command_lines import leaves, parsed

import stance
from corpus.console import ROOT
from corpus.errors import CheckFailed, StanceError, UsageError

LEAVES = dict(leaves())
# Name of each documented command (its arguments left out) -> the keys that it prints.
ROWS = re.findall(
    r"^\| `(stance[^`A-Z]*?)(?: [A-Z.]+)*` \|.*\| ([^|]+) \|$", (ROOT / "docs/commands.md").read_text(), re.M
)
DOCUMENTED = {name: re.findall(r"\w+", keys) for name, keys in ROWS}


def examples(command: click.Command) -> list[str]:
    lines = (command.epilog or "").partition("Example:")[2].split("\n")
    return [part.strip() for line in lines for part in line.split("&&") if part.strip("\b ")]


@pytest.mark.parametrize("name", LEAVES)
def test_help_ends_with_an_example_that_parses(name: str) -> None:
    command = LEAVES[name]
    answer = CliRunner().invoke(stance.cli, [*name.split()[1:], "--help"])
    assert answer.exit_code == 0, answer.output
    assert command.help
    assert command.help.strip().endswith(".")
    (example,) = examples(command)
    assert answer.output.rstrip().endswith(example)
    assert example.startswith(name)
    parsed(example)


def test_example_of_the_front_door_parses() -> None:
    found = examples(stance.cli)
    assert len(found) == 3
    for example in found:
        parsed(example)


@pytest.mark.parametrize("name", LEAVES)
def test_shared_options(name: str) -> None:
    options = {option for parameter in LEAVES[name].params for option in parameter.opts}
    assert {"--workspace", "--json", "-v", "-q"} <= options


@pytest.mark.parametrize("name", [name for name in LEAVES if name.startswith("stance label") or name == "stance demo"])
def test_labels_option(name: str) -> None:
    assert any("--labels" in parameter.opts for parameter in LEAVES[name].params)


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    assert set(DOCUMENTED) == set(LEAVES)
    assert len(ROWS) == len(DOCUMENTED)


def test_json_keys_are_those_documented(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("STANCE_WORKSPACE", str(tmp_path))
    for line in (
        f"corpus build {ROOT / 'corpus/sample/seed.txt'}",
        "corpus stats",
        "corpus sample 5",
        "label guideline",
        "label status",
    ):
        answer = CliRunner().invoke(stance.cli, [*line.split(), "--json"])
        assert answer.exit_code == 0, answer.output
        name = " ".join(["stance", *line.split()[:2]])
        assert list(json.loads(answer.stdout.splitlines()[-1])) == DOCUMENTED[name], name


def test_help_of_a_group_lists_its_commands() -> None:
    for group in ("corpus", "label", "train"):
        listing = CliRunner().invoke(stance.cli, [group, "--help"]).output
        for name in LEAVES:
            if name.startswith(f"stance {group} "):
                assert f"  {name.split()[2]} " in listing


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, stance\n"
        "sys.argv = ['stance', '--help']\n"
        "try: stance.main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "Usage: stance" in done.stdout
    loaded = set(re.findall(r"'(\w+)'", done.stdout.splitlines()[-1]))
    assert "click" in loaded
    assert not loaded & {"pandas", "numpy", "sklearn", "pydantic", "sqlalchemy", "rich", "label_studio_sdk", "yaml"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Call the front door as the shell does: exit code, standard output, standard error."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["stance", *words])
        with pytest.raises(SystemExit) as end:
            stance.main()
        assert isinstance(end.value.code, int)
        return end.value.code, *capsys.readouterr()

    return call


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["corpus", "nonsense"], "No such command 'nonsense'"),
        (["corpus", "stats", "--nonsense"], "No such option '--nonsense'"),
        (["corpus", "sample", "0"], "expected a number from 1 on, or all, got '0'"),
        (["label", "push"], "Missing argument 'BATCH'"),
        (["train", "predict", "a-run", "-", "--risk", "nan"], "nan is not in the range 0<x<1"),
    ],
)
def test_wrong_usage_exits_2(run, words: list[str], said: str) -> None:
    code, _, err = run(*words)
    assert code == 2
    assert said in err.replace("No such option:", "No such option").replace("option --nonsense", "option '--nonsense'")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Put a command ``broken`` at the front door that raises."""

    def put(error: BaseException) -> None:
        def callback() -> None:
            raise error

        module = types.ModuleType("broken_command")
        module.command = click.Command("broken", callback=callback)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "broken_command", module)
        monkeypatch.setitem(stance._COMMANDS, "broken", ("broken_command:command", "Raises.", ""))

    return put


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (StanceError("the work failed"), 1, "stance: the work failed\n"),
        (UsageError("wrong setting"), 2, "stance: wrong setting\n"),
        (CheckFailed("one number differs"), 3, "stance: one number differs\n"),
        (KeyboardInterrupt(), 130, "stance: stopped\n"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "The disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), 1, "name another folder with --workspace"),
        (ZeroDivisionError("division by zero"), 1, "a fault in stancelab itself: ZeroDivisionError: division by zero"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(run, broken, error: BaseException, code: int, said: str) -> None:
    broken(error)
    got, out, err = run("broken")
    assert (got, out) == (code, "")
    assert said in err
    assert err.strip().count("\n") == 0
    assert "Traceback" not in err


def test_a_fault_shows_where_when_asked_to(run, broken, monkeypatch) -> None:
    monkeypatch.setenv("STANCE_DEBUG", "1")
    broken(ZeroDivisionError("division by zero"))
    code, _, err = run("broken")
    assert code == 1
    assert "Traceback" in err


def test_a_missing_extra_is_named(run, monkeypatch) -> None:
    monkeypatch.setitem(stance._COMMANDS, "lacking", ("no_such_package:command", "Lacks.", "train"))
    code, _, err = run("lacking")
    assert code == 2
    assert "needs the package no_such_package: install stancelab[train], or run `make setup`" in err

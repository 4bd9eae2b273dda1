"""A run.json that lacks something is said to be damaged, by whatever reads it; nothing ends in a traceback."""

import functools
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import stance
from corpus.errors import InputError, StanceError
from corpus.versions.dataset import Dataset
from train import predict, run
from train.evaluation.evaluate import evaluate
from train.evaluation.verify import verify
from train.fit import fit
from train.report.page import report
from train.settings import TrainSettings

INSIDE = {"dataset": ("name", "version", "sha256", "path"), "files": (run.MODEL, run.PREDICTIONS)}


@pytest.fixture
def reported(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> Path:
    return report(fit(dataset, runs=tmp_path / "runs", settings=settings, questions=("stance",)).run).parent


def places(content: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Every key, and those inside an object but for the many libraries."""
    for key, value in content.items():
        yield (key,)
        if isinstance(value, dict) and key != "libraries":
            yield from ((key, inside) for inside in value)


def test_a_truth_value_is_no_whole_number(reported: Path) -> None:
    file = reported / run.MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text()) | {"seed": True}))
    with pytest.raises(InputError, match="is damaged: expected a whole number as seed, got True"):
        run.load(reported)


def test_whatever_is_missing_is_an_error_in_words_or_none(reported: Path, tmp_path: Path) -> None:
    file, named = reported / run.MANIFEST, set()
    whole = json.loads(file.read_text())
    (tmp_path / "new.txt").write_text("Talks.")
    for *above, key in places(whole):
        content = json.loads(json.dumps(whole))
        functools.reduce(lambda part, name: part[name], above, content).pop(key)
        file.write_text(json.dumps(content))
        try:
            there = run.load(reported)
        except InputError as error:
            named.add((".".join([*above, key]), str(error)))
            continue
        # A run that answers no question says so.
        with suppress(StanceError):
            verify(there)
            evaluate(there)
            bounds = predict.limits(there, risk=0.5, coverage=0.9)
            predict.predict(there, tmp_path / "new.txt", tmp_path / "out.parquet", bounds=bounds)
    assert {name for name, _ in named} == set(run._KEYS) | {
        f"{at}.{key}" for at, keys in INSIDE.items() for key in keys
    }
    for name, said in named:
        whose = f"{file}: is damaged: expected "
        assert said.startswith(whose)
        assert f" as {name}" in said
        assert "got nothing" in said
        assert said.endswith("Restore it, or delete this folder and fit again with `stance train fit DATASET`")


@pytest.mark.parametrize("command", ["verify", "train report", "train evaluate", "train serve", "train predict"])
def test_an_empty_dataset_ends_no_command_in_a_traceback(
    reported: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = json.loads((reported / run.MANIFEST).read_text())
    (reported / run.MANIFEST).write_text(json.dumps(whole | {"dataset": {}, "seed": "x"}))
    rest = ["x.txt"] if command == "train predict" else []
    monkeypatch.setattr("sys.argv", ["stance", *command.split(), str(reported), *rest])
    with pytest.raises(SystemExit) as ended:
        stance.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert (
        "run.json: is damaged: expected a whole number as seed, got 'x'; expected text as dataset.name, got n" in said
    )


def test_a_run_that_says_nothing_of_its_encoder_has_the_english_one() -> None:
    assert run.Run(Path("x"), {"encoder_sha256": "ab", "settings": {}}).english


def test_settings_that_are_none_are_named(reported: Path) -> None:
    whole = json.loads((reported / run.MANIFEST).read_text())
    whole["settings"] |= {"seed": "x", "colour": "red"}
    (reported / run.MANIFEST).write_text(json.dumps(whole))
    with pytest.raises(InputError, match=r"run.json: is damaged: settings: colour: unknown key; .*Restore it"):
        assert run.load(reported).settings

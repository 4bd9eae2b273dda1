import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import train
from corpus.config import load
from corpus.console import ROOT
from corpus.errors import ConfigError, NotFound, TooFewLabels, UsageError
from corpus.versions.dataset import Dataset
from train import encoder, export_graph, run
from train.cli import group
from train.settings import TrainSettings


def invoke(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(group, [*arguments, "--workspace", str(tmp_path)], catch_exceptions=False)


def last(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    record: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return record


def test_fit_evaluate_report(dataset: Dataset, tmp_path: Path) -> None:
    fitted = last(invoke(tmp_path, "fit", "demo", "--question", "stance", "--seed", "3", "--json"))
    assert {"run", "model", "seconds"} <= fitted.keys()
    folder = Path(fitted["run"])
    assert folder.is_absolute()
    assert folder.parent == tmp_path / "runs"
    assert json.loads((folder / "run.json").read_text())["seed"] == 3
    evaluated = last(invoke(tmp_path, "evaluate", folder.name, "--json"))
    assert {"n_train", "n_test", "macro_f1", "semeval_f1", "accuracy", "per_class"} <= evaluated["metrics"][
        "questions"
    ]["stance"].keys()
    assert evaluated["audits"] == []
    reported = last(invoke(tmp_path, "report", fitted["run"], "--json"))
    assert reported["report"] == str(folder / "report.html")
    assert reported["index"] == str(tmp_path / "runs" / "index.html")
    assert (folder / "report.html").is_file()


def test_a_camp_is_kept_with_the_audits_and_must_be_of_annotators(dataset: Dataset, tmp_path: Path) -> None:
    run = Path(last(invoke(tmp_path, "fit", "demo", "--question", "stance", "--json"))["run"])
    with pytest.raises(UsageError, match=r"no annotator of this dataset is called bob; there are ann@example.org"):
        invoke(tmp_path, "evaluate", run.name, "--camp", "ann@example.org, bob")
    with pytest.raises(UsageError, match=r"a camp needs two annotators, and two others; got 1 of 1"):
        invoke(tmp_path, "evaluate", run.name, "--camp", "ann@example.org")
    last(invoke(tmp_path, "evaluate", run.name, "--json"))
    assert json.loads((run / "audits.json").read_text())["camp"] == []


def test_people_get_a_table(dataset: Dataset, tmp_path: Path) -> None:
    run = invoke(tmp_path, "fit", "demo/v1").stdout.splitlines()[-1]
    lines = invoke(tmp_path, "evaluate", run).stdout.splitlines()
    assert lines[0].split()[:5] == ["question", "macro-F1", "95", "%", "interval"]
    assert lines[1].startswith("stance ")
    assert "stance: too few data to conclude anything." in lines
    assert "was there already" in invoke(tmp_path, "fit", "demo").stdout


def test_what_is_not_there_is_named(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no dataset nothing; there are: demo/v1"):
        invoke(tmp_path, "fit", "nothing")
    with pytest.raises(NotFound, match=r"no run nothing; there is none yet. Make one with `stance train fit"):
        invoke(tmp_path, "report", "nothing")


def test_the_settings_file_states_the_defaults() -> None:
    assert load(ROOT / "configs" / "train.yaml", TrainSettings) == TrainSettings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tfidf: {ngrams: 3}", "tfidf.ngrams: unknown key; allowed: C, char_ngrams"),
        ("tfidf: {char_ngrams: [5, 2]}", "tfidf.char_ngrams: the shortest n-gram comes first"),
        ("bootstrap_draws: few", "bootstrap_draws"),
        ("kernel: {gamma: .inf}", "kernel.gamma: .*finite number, got inf"),
        ("tfidf: {C: .nan}", "tfidf.C: .*finite number, got nan"),
        ("seed: 99999999999", "seed: .*less than 4294967296"),
        ("risk: 0", "risk: .*greater than or equal to 0.001"),
        ("risk: 1", "risk: .*less than 1"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "train.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load(path, TrainSettings)


def test_a_run_without_a_model_is_an_error_and_answers_nothing(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "train.yaml").write_text("{model: tfidf, tfidf: {min_sentences: 100000}}")
    with pytest.raises(TooFewLabels, match="has no model of any question"):
        invoke(tmp_path, "fit", "demo", "--config", str(tmp_path / "train.yaml"))
    (folder,) = (tmp_path / "runs").iterdir()
    (tmp_path / "new.txt").write_text("Talks.")
    for words in (("predict", folder.name, str(tmp_path / "new.txt")), ("serve", folder.name, "--port", "0")):
        with pytest.raises(TooFewLabels, match=r"no model that could answer .stance: the .* cannot be fitted"):
            invoke(tmp_path, *words)
    with pytest.raises(TooFewLabels, match="no model that could answer"):
        train.load(folder).predict(["Talks."])
    assert "4294967295" in CliRunner().invoke(group, ["fit", "demo", "--seed", "99999999999"]).stderr


@pytest.mark.parametrize("name", sorted(group.commands))
def test_help_ends_with_an_example(name: str) -> None:
    text = CliRunner().invoke(group, [name, "--help"]).stdout
    assert text.rstrip().splitlines()[-1].strip().startswith(f"stance train {name}")


def test_training_loads_no_labeling() -> None:
    code = (
        "import sys, pkgutil, importlib, train;"
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(train.__path__, 'train.')];"
        "print(*[m for m in sys.modules if m.split('.')[0] in ('labeling', 'label_studio_sdk', 'label_studio')])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == ""


HEAVY = ("torch", "dask", "pytest", "pydantic", "ftfy", "onnx", "matplotlib", "sklearn", "skops", "scipy")


@pytest.mark.parametrize("alone", [False, True])
def test_predicting_loads_what_it_needs_and_no_more(alone: bool, tmp_path: Path) -> None:
    folder = Path(__file__).parent / "formats" / "hybrid-1"
    shutil.copytree(folder, tmp_path / "runs" / "hybrid-1")
    (tmp_path / "two.txt").write_text("Moscow was right.\nWashington was right.\n", encoding="utf-8")
    named = "hybrid-1"
    # An encoder is made into a graph once on a machine, with onnx.
    encoder.load("", (4, 5, 6))
    if alone:
        named = str(tmp_path / "stance.onnx")
        about = {"run": "a-run", "question": "stance"}
        Path(named).write_bytes(export_graph.build(run.load(folder).models()["stance"], about))
    code = (
        f"import sys, stance; sys.argv[1:] = {['train', 'predict', named, str(tmp_path / 'two.txt')]!r};"
        f"sys.argv += ['--workspace', {str(tmp_path)!r}, '-q']\n"
        "try: stance.main()\n"
        f"finally: print(*{set(HEAVY)!r} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == ""
    assert list((tmp_path / "predictions").rglob("two.parquet"))


def test_the_commands_start_without_the_heavy_libraries() -> None:
    code = (
        "import sys, train.cli;"
        "print(*{'pandas', 'sklearn', 'matplotlib', 'pyarrow', 'skops', 'jinja2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == ""

"""A run is recomputed, and whatever was changed is named; each change is made to a copy of one evaluated run."""

import importlib
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import train_datasets as made

import stance
from corpus import tables
from corpus.errors import InputError
from corpus.files import sha256_file, sha256_text
from train import run
from train.audits import METHOD
from train.evaluation.citations import citations
from train.evaluation.outputs import record
from train.evaluation.receipts import FORMAT_VERSION, numbers, numbers_of, of_format, receipts
from train.evaluation.scores import area_draws
from train.evaluation.verify import same, verify
from train.fit import fit
from train.report.page import report
from train.settings import TfidfSettings, TrainSettings


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with one dataset version and one run with a report, without audits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("train.evaluation.evaluate.audits", lambda *_: {"stance": {}})
        yield made_in(tmp_path_factory.mktemp("verify"))


def made_in(root: Path) -> Path:
    data = made.rows()
    data.loc[data["sentence_id"] == "s00100", "stance"] = None
    # A copy ties two documents of the test together, so that the unit that is drawn matters.
    data["cluster_id"] = data["sentence_id"].replace("s00801", "s00401")
    dataset = made.write_dataset(root / "datasets" / "demo" / "v1", data)
    own = TfidfSettings(word_ngrams=(1, 1), char_ngrams=(3, 3))
    settings = TrainSettings(model="tfidf", bootstrap_draws=200, tfidf=own)
    report(fit(dataset, runs=root / "runs", settings=settings, questions=("stance",)).run)
    return root


@pytest.fixture
def workspace(reported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(reported, tmp_path / "workspace"))


def the_run(workspace: Path) -> run.Run:
    (found,) = (workspace / "runs").glob("*/run.json")
    return run.load(found.parent)


def gold_of(workspace: Path) -> Path:
    return workspace / "datasets" / "demo" / "v1" / "gold.parquet"


def names(found: Any) -> set[str]:
    return {row["name"] for row in found.differing}


def edited(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def flip_a_byte(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def relabelled(file: Path, sentence: str) -> pd.DataFrame:
    """The gold table with another stance for one sentence."""
    gold = pd.read_parquet(file)
    row = gold.index[(gold["sentence_id"] == sentence) & (gold["question"] == "stance")][0]
    gold.loc[row, "label"] = next(label for label in made.STANCES if label != gold.loc[row, "label"])
    return gold


def test_audits_of_an_earlier_method_are_noted_and_not_compared(workspace: Path) -> None:
    own = the_run(workspace)
    audit = {"verdict": "clear", "p": 0.5, "method": "m", "parameters": {}, "seed": 0}
    made = {"format_version": 1, "questions": {"stance": {"leaks": audit}}}
    (own.path / run.AUDITS).write_text(json.dumps(made))
    measured = json.loads((own.path / run.METRICS).read_text())
    (own.path / run.RECEIPTS).write_text(json.dumps(receipts(own, own.dataset(), measured, made)))
    found = verify(own)
    assert names(found) == set()
    assert any("audits were made by method 1" in note and "their 4 numbers" in note for note in found.notes)
    edited(own.path / run.AUDITS, lambda c: c.update(method=METHOD))
    assert {name for name in names(verify(own)) if not name.startswith("receipt:")} == {
        f"output:{run.AUDITS}",
        "audits/questions/stance/leaks/verdict",
        "audits/questions/stance/leaks/p",
        "audits/made/stance",
        "audits/alarms/stance",
    }


def test_an_untouched_run_is_equal(workspace: Path) -> None:
    found = verify(the_run(workspace))
    assert (found.differing, found.notes) == ((), ())
    assert found.equal == found.numbers > 100


def test_a_changed_label_is_named_with_every_number_that_moves(workspace: Path) -> None:
    before = the_run(workspace)
    reported = numbers(json.loads((before.path / run.METRICS).read_text())["questions"], "metrics/questions")
    # Document d000 lies in the test.
    tables.write(relabelled(gold_of(workspace), "s00000"), gold_of(workspace), tables.GOLD)
    found = verify(before)
    moved = {row["name"]: row for row in found.differing}
    assert {"input:gold", "metrics/questions/stance/macro_f1/value", "metrics/questions/stance/accuracy/value"} <= set(
        moved
    )
    assert [name for name in moved if name.startswith("input:")] == ["input:gold"]
    assert not [name for name in moved if "out_of_fold" in name]
    accuracy = moved["metrics/questions/stance/accuracy/value"]
    assert accuracy["reported"] == reported[accuracy["name"]]
    assert abs(accuracy["reported"] - accuracy["recomputed"]) == pytest.approx(1 / 48, abs=1e-5)
    assert found.equal == found.numbers - (len(moved) - 1)


def test_gold_that_another_program_wrote_is_recomputed(workspace: Path) -> None:
    """pandas writes no schema of ours, and its text for a missing label is no label."""
    gold = relabelled(gold_of(workspace), "s00000").assign(label=lambda frame: frame["label"].astype(str))
    assert "None" in set(gold["label"])
    gold.to_parquet(gold_of(workspace))
    found = verify(the_run(workspace))
    assert {"input:gold", "metrics/questions/stance/accuracy/value"} <= names(found)
    assert "metrics/questions/stance/ties" not in names(found)
    assert any("labels are none of stance (None)" in note for note in found.notes)


@pytest.mark.parametrize("table", ["sentences", "annotations", "split", "manifest"])
def test_any_changed_byte_of_the_dataset_is_named(workspace: Path, table: str) -> None:
    file = gold_of(workspace).with_name("manifest.json" if table == "manifest" else f"{table}.parquet")
    file.write_bytes(file.read_bytes() + b"\n")
    assert f"input:{table}" in names(verify(the_run(workspace)))


def test_a_dataset_that_is_gone_in_part_differs_in_all(workspace: Path) -> None:
    gold_of(workspace).unlink()
    found = verify(the_run(workspace))
    assert found.equal == 0
    assert "input:gold" in names(found)
    assert any("not all numbers can be recomputed" in note for note in found.notes)


def test_a_changed_model_is_named_and_not_loaded(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = the_run(workspace)
    monkeypatch.setattr(run.Run, "models", lambda self: pytest.fail("the model was loaded"))
    flip_a_byte(there.path / run.MODEL)
    found = verify(there)
    assert names(found) == {"input:model"}
    assert found.equal == found.numbers


def test_changed_predictions_are_named_with_what_moves(workspace: Path) -> None:
    there = the_run(workspace)
    table = there.predictions()
    at = table.index[(table["question"] == "stance") & (table["sentence_id"] == "s00000")][0]
    table.loc[at, "label"] = next(label for label in made.STANCES if label != table.loc[at, "label"])
    tables.write(table, there.path / run.PREDICTIONS, tables.PREDICTIONS)
    found = names(verify(there))
    assert {"input:predictions", "answers/stance/test", "metrics/questions/stance/accuracy/value"} <= found


def test_a_changed_setting_is_named_with_what_moves(workspace: Path) -> None:
    there = the_run(workspace)
    edited(there.path / run.MANIFEST, lambda manifest: manifest["settings"].update(bootstrap_draws=100))
    found = names(verify(run.load(there.path)))
    assert {"input:configuration", "metrics/questions/stance/macro_f1/low"} <= found
    assert "metrics/questions/stance/macro_f1/value" not in found


def test_a_number_that_was_edited_is_named(workspace: Path) -> None:
    there = the_run(workspace)
    edited(there.path / run.METRICS, lambda metrics: metrics["questions"]["stance"]["macro_f1"].update(value=0.99))
    found = verify(there)
    moved = "metrics/questions/stance/macro_f1/value"
    assert names(found) == {"output:metrics.json", f"page:{moved}", moved}
    (row,) = [row for row in found.differing if row["reported"] == 0.99]
    assert row["recomputed"] < 0.99


def test_a_page_that_was_edited_is_named(workspace: Path) -> None:
    there = the_run(workspace)
    page = there.path / run.REPORT
    html = page.read_text(encoding="utf-8")
    names_cited = {name for name, _, _ in citations(html)}
    assert {"metrics/questions/stance/macro_f1/value", "metrics/questions/stance/log_loss/low"} <= names_cited
    at = 'title="metrics/questions/stance/macro_f1/value">'
    assert html.count(at) == 3
    shown = html.partition(at)[2][:4]
    page.write_text(html.replace(at + shown, at + "0.99", 1), encoding="utf-8")
    file, row = verify(there).differing
    assert file["name"] == "page:report.html"
    assert (row["name"], row["reported"]) == ("page:metrics/questions/stance/macro_f1/value", "0.99")


def test_a_page_that_cites_less_is_named(workspace: Path) -> None:
    there = the_run(workspace)
    page = there.path / run.REPORT
    html = re.sub(r'<data value="[^"]*" title="[^"]*/macro_f1/value">[^<]*</data>', "0.99", page.read_text("utf-8"))
    page.write_text(html, encoding="utf-8")
    assert names(verify(there)) == {"page:report.html"}


@pytest.mark.parametrize(
    "name", ["report.html", "model_card.md", "dataset_card.md", "tables/stance-scores.csv", "report.pdf"]
)
def test_each_file_of_a_report_is_compared(workspace: Path, name: str) -> None:
    there = the_run(workspace)
    file = there.path / name
    if name == run.PDF:  # Which takes Chromium.
        file.write_bytes(b"%PDF")
        record(there.path)
    file.write_bytes(file.read_bytes() + b" ")
    assert names(verify(there)) == {f"page:{name}"}
    file.unlink()
    (row,) = verify(there).differing
    assert (row["name"], row["recomputed"]) == (f"page:{name}", None)


def test_a_file_of_the_report_that_has_no_hash_is_named(workspace: Path) -> None:
    there = the_run(workspace)
    edited(there.path / run.OUTPUTS, lambda outputs: outputs["files"].pop(run.MODEL_CARD))
    (there.path / run.TABLES / "extra.csv").write_text("a,b\n")
    found = verify(there)
    assert names(found) == {f"page:{run.MODEL_CARD}", "page:tables/extra.csv"}
    assert {row["reported"] for row in found.differing} == {None}


def test_a_report_without_its_hashes_is_named(workspace: Path) -> None:
    there = the_run(workspace)
    (there.path / run.OUTPUTS).unlink()
    found = verify(there)
    assert names(found) == {f"page:{run.OUTPUTS}"}
    assert found.equal == found.numbers


def test_a_report_of_an_earlier_version_has_no_hashes(workspace: Path) -> None:
    there = the_run(workspace)
    edited(there.path / run.RECEIPTS, as_format_2)
    (there.path / run.OUTPUTS).unlink()
    found = verify(there)
    assert not found.differing
    note, _ = found.notes  # And that more is computed now.
    assert note.startswith("there is no outputs.json: of report.html only the numbers that it cites were compared")


@pytest.mark.parametrize("content", ["[]", "{}", "{", '{"format_version": null}'])
@pytest.mark.parametrize("name", [run.RECEIPTS, run.METRICS, run.AUDITS, run.MANIFEST, run.OUTPUTS])
def test_a_damaged_file_of_a_run_is_said_to_be(workspace: Path, name: str, content: str) -> None:
    file = the_run(workspace).path / name
    file.write_text(content)
    with pytest.raises(InputError, match=rf"{name}: (is damaged|cannot be read).*`stance train \w+"):
        verify(the_run(workspace))


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e999"])
@pytest.mark.parametrize("name", [run.RECEIPTS, run.METRICS, run.AUDITS])
def test_a_number_that_is_not_finite_is_damage(workspace: Path, name: str, value: str) -> None:
    file = the_run(workspace).path / name
    file.write_text(file.read_text().replace("{", f'{{"more": [{value}],', 1))
    with pytest.raises(InputError, match=rf"{name}: is damaged: expected finite numbers, got {value}. Write it with"):
        verify(the_run(workspace))


def test_a_whole_number_that_is_no_float_differs(workspace: Path) -> None:
    there = the_run(workspace)
    edited(there.path / run.METRICS, lambda metrics: metrics["questions"]["stance"]["macro_f1"].update(value=10**400))
    assert MACRO in names(verify(there))


@pytest.mark.parametrize("written", [0, -1, True])
def test_a_format_that_none_is_called_is_damage(workspace: Path, written: Any) -> None:
    there = the_run(workspace)
    edited(there.path / run.RECEIPTS, lambda receipts: receipts.update(format_version=written))
    with pytest.raises(InputError, match=f"receipts.json: is damaged: expected .* as format_version, got {written}"):
        verify(there)


@pytest.mark.parametrize("written", [1, 2, 3])
def test_receipts_that_are_called_older_than_they_are_differ(workspace: Path, written: int) -> None:
    there = the_run(workspace)
    edited(there.path / run.RECEIPTS, lambda receipts: receipts.update(format_version=written))
    rows = [row for row in verify(there).differing if row["name"] == "receipt:format_version"]
    assert rows == [{"name": "receipt:format_version", "reported": written, "recomputed": FORMAT_VERSION}]


@pytest.mark.parametrize("method", [str(METHOD), None, True])
def test_a_method_that_is_no_whole_number_is_damage(workspace: Path, method: Any) -> None:
    there = the_run(workspace)
    edited(there.path / run.AUDITS, lambda audits: audits.update(method=method))
    with pytest.raises(InputError, match=f"audits.json: is damaged: expected a whole number as method, got {method!r}"):
        verify(there)


@pytest.mark.parametrize("key", ["inputs", "rows", "functions", "numbers", "settings"])
def test_receipts_with_something_else_in_a_place_differ(workspace: Path, key: str) -> None:
    there = the_run(workspace)
    edited(there.path / run.RECEIPTS, lambda receipts: receipts.update({key: [{}]}))
    assert names(verify(there))


def test_a_damaged_manifest_of_the_dataset_differs(workspace: Path) -> None:
    gold_of(workspace).with_name("manifest.json").write_text("[]")
    found = verify(the_run(workspace))
    assert "input:manifest" in names(found)
    assert any("manifest.json: is damaged: expected a JSON object, got list" in note for note in found.notes)


@pytest.mark.parametrize("name", [run.RECEIPTS, run.METRICS, run.AUDITS])
def test_damaged_files_of_an_evaluation_are_made_anew_by_report(workspace: Path, name: str) -> None:
    there = the_run(workspace)
    whole = (there.path / name).read_text()
    for content in ("[]", "{}", "{"):
        (there.path / name).write_text(content)
        report(there)
        assert (there.path / name).read_text() == whole


def test_other_code_with_equal_numbers_is_a_note(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "code_hash", lambda: sha256_text("other code"))
    found = verify(the_run(workspace))
    assert not found.differing
    assert found.notes == ("the code is not that of the evaluation (its hash differs)",)


def test_other_versions_and_new_numbers_are_notes(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = the_run(workspace)
    monkeypatch.setattr(run, "libraries", lambda now=run.libraries: now() | {"numpy": "0.1"})
    edited(there.path / run.METRICS, lambda metrics: metrics["questions"]["stance"].pop("n_units"))
    found = verify(there)
    assert names(found) == {f"output:{run.METRICS}"}
    versions, new = found.notes
    assert versions.startswith("other versions than at the evaluation: numpy ")
    assert versions.endswith("is now 0.1")
    assert new == "this stancelab computes 1 number that the run does not report"


def test_a_run_with_percentiles_of_the_calibration_error_is_compared_without_them(workspace: Path) -> None:
    there = the_run(workspace)

    def as_before(metrics: dict[str, Any]) -> None:
        metrics["bootstrap"].pop("ece")
        metrics["questions"]["stance"]["ece"].update(low=0.1, high=0.2)

    edited(there.path / run.METRICS, as_before)
    edited(there.path / run.RECEIPTS, lambda c: c["files"].update({run.METRICS: sha256_file(there.path / run.METRICS)}))
    for name in (run.REPORT, run.OUTPUTS):
        (there.path / name).unlink()
    found = verify(there)
    assert not found.differing
    assert found.notes[0].startswith("the run has another interval of the calibration error")


def test_receipts_of_a_later_format_are_not_guessed_at(workspace: Path) -> None:
    there = the_run(workspace)
    edited(there.path / run.RECEIPTS, lambda receipts: receipts.update(format_version=FORMAT_VERSION + 1))
    with pytest.raises(InputError, match=f"has format {FORMAT_VERSION + 1}; this stancelab reads up to"):
        verify(there)


def test_a_run_with_receipts_of_the_first_format(workspace: Path) -> None:
    there = the_run(workspace)
    later = ("inputs", "rows", "functions", "numbers")
    edited(there.path / run.RECEIPTS, lambda old: [old.pop(name) for name in later] + [old.update(format_version=1)])
    assert not verify(there).differing
    file = gold_of(workspace)
    file.write_bytes(file.read_bytes() + b"\n")
    assert "input:gold" in names(verify(there))


def receipts_of(workspace: Path) -> dict[str, Any]:
    return json.loads((the_run(workspace).path / run.RECEIPTS).read_text())


def test_every_number_has_a_receipt_and_every_function_is_there(workspace: Path) -> None:
    there, found = the_run(workspace), receipts_of(workspace)
    measured = json.loads((there.path / run.METRICS).read_text())
    assert set(found["numbers"]) == {*numbers_of(measured), "outputs/looks/times", "outputs/looks/runs"}
    assert set(numbers_of(measured)) > set(numbers(measured["questions"], "metrics/questions"))
    assert list(found["functions"]) == ["stance", "*"]
    every = {name: called for functions in found["functions"].values() for name, called in functions.items()}
    for function, called in every.items():
        module, _, name = function.rpartition(".")
        assert callable(getattr(importlib.import_module(module), name))
        assert set(called["inputs"]) <= set(found["inputs"])
    assert {entry["rows"] for entry in found["numbers"].values()} <= set(found["rows"])
    assert {entry["function"] for entry in found["numbers"].values()} == set(every)
    assert found["rows"]["stance/test"]["n"] == 48
    ids = sorted(pd.read_parquet(gold_of(workspace).with_name("split.parquet")).query("split == 'test'")["sentence_id"])
    assert found["rows"]["stance/test"]["sha256"] == sha256_text("".join(f"{name}\n" for name in ids))
    low = found["numbers"]["metrics/questions/stance/out_of_fold/macro_f1/low"]
    assert low == {"rows": "stance/train", "function": "train.evaluation.metrics.estimate"}


def test_receipts_name_what_each_function_was_called_with(workspace: Path) -> None:
    found = receipts_of(workspace)

    def called(number: str) -> tuple[str, dict[str, Any], int | None]:
        function = found["numbers"][f"metrics/questions/stance/{number}"]["function"]
        receipt = found["functions"]["stance"][function]
        return function.removeprefix("train.evaluation."), receipt["parameters"], receipt["seed"]

    seed, sampled = TrainSettings().seed, {"unit": "dependence", "draws": 200, "confidence": 0.95}
    assert called("macro_f1/low") == ("metrics.estimate", sampled, seed)
    assert called("ece/low") == ("probability.ece_edges", sampled, seed)
    assert called("risk_coverage/aurc_low") == ("probability.aurc_edges", sampled, seed)
    assert called("calibration/0/low") == called("calibration/0/n") == ("probability.binned", {}, None)
    bars = {"test_sentences": 100, "test_documents": 20, "sentences_per_label": 10, "interval_width": 0.2}
    assert called("sufficiency/verdict") == ("sufficiency.sufficiency", bars, None)


def test_the_area_has_no_more_draws_than_its_interval_takes() -> None:
    assert area_draws(TrainSettings(bootstrap_draws=2000)) == 500


MACRO = "metrics/questions/stance/macro_f1/value"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c["rows"]["stance/test"].update(n=9999), {"rows/stance/test/n"}),
        (lambda c: c["numbers"][MACRO].update(function="os.system"), {f"numbers/{MACRO}/function"}),
        (lambda c: c["numbers"].pop(MACRO), {f"numbers/{MACRO}/function", f"numbers/{MACRO}/rows"}),
        (lambda c: c["functions"]["stance"]["train.evaluation.metrics.estimate"].update(seed=1), {
            "functions/stance/train.evaluation.metrics.estimate/seed"
        }),
        (lambda c: c["settings"].update(seed=1), {"settings/seed"}),
        (lambda c: c["dataset"].update(sha256="0" * 64), {"dataset/sha256"}),
        (lambda c: c["files"].update({run.MODEL: "0" * 64}), {f"files/{run.MODEL}"}),
        (lambda c: c["code_sha256"].update(fit="0" * 64), {"code_sha256/fit"}),
        (lambda c: c["numbers"].update(more={"rows": "stance/test", "function": "f"}), {
            "numbers/more/rows", "numbers/more/function"
        }),
    ],
)  # fmt: skip
def test_a_receipt_that_was_edited_is_named(
    workspace: Path, change: Callable[[dict[str, Any]], None], expected: set[str]
) -> None:
    there = the_run(workspace)
    edited(there.path / run.RECEIPTS, change)
    found = verify(there)
    assert names(found) == {f"receipt:{name}" for name in expected}
    assert found.equal == found.numbers


def test_inputs_without_their_hashes_differ(workspace: Path) -> None:
    there = the_run(workspace)
    edited(there.path / run.RECEIPTS, lambda receipts: receipts.pop("inputs"))
    assert {"input:gold", "input:manifest", "input:model"} <= names(verify(there))


def as_format_2(receipts: dict[str, Any]) -> None:
    """Receipts as they were: functions of all questions in one place, edges of bins taken for those of intervals."""
    functions = {name: called for named in receipts["functions"].values() for name, called in named.items()}
    receipts["numbers"]["metrics/questions/stance/calibration/0/low"]["function"] = "train.evaluation.metrics.estimate"
    kept = of_format(receipts["numbers"], 2)
    receipts.update(format_version=2, functions=functions, numbers=kept)


def test_receipts_of_the_second_format_are_compared_but_for_functions(workspace: Path) -> None:
    there = the_run(workspace)
    edited(there.path / run.RECEIPTS, as_format_2)
    assert not verify(there).differing
    edited(there.path / run.RECEIPTS, lambda receipts: receipts["numbers"].pop(MACRO))
    assert names(verify(there)) == {f"receipt:numbers/{MACRO}/rows"}
    # The first format had no receipts of single numbers.
    edited(there.path / run.RECEIPTS, lambda receipts: receipts.update(format_version=1))
    assert "receipt:format_version" in names(verify(there))


@pytest.mark.parametrize(
    ("reported", "recomputed", "equal"),
    [
        (0.5, 0.500001, True),
        (0.5, 0.500002, False),
        (None, None, True),
        (None, 0.0, False),
        (True, False, False),
        pytest.param(10**400, 10**400, True, id="equal and no float"),
        pytest.param(10**400, 0.5, False, id="no float"),
    ],
)
def test_equal_is_within_six_digits(reported: Any, recomputed: Any, equal: bool) -> None:
    assert same(reported, recomputed) is equal


def test_the_command_on_a_run_from_elsewhere(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    away = tmp_path / "away"
    shutil.move(the_run(workspace).path, away / "run")
    shutil.move(workspace / "datasets" / "demo" / "v1", away / "data")

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["stance", "verify", str(away / "run"), *words])
        with pytest.raises(SystemExit) as end:
            stance.main()
        return end.value.code, *capsys.readouterr()  # type: ignore[return-value]

    code, _, err = call()
    assert code == 1
    assert "which is not there" in err
    code, out, _ = call("--dataset", str(away / "data"), "--json")
    record = json.loads(out.splitlines()[-1])
    assert (code, record["differing"], record["equal"]) == (0, [], record["numbers"])
    card = away / "run" / run.MODEL_CARD
    card.write_text(card.read_text() + "Perfect.")
    code, _, err = call("--dataset", str(away / "data"))
    assert code == 3
    assert f"0 of {record['numbers']} numbers differ; changed: page:model_card.md" in err
    gold = away / "data" / "gold.parquet"
    tables.write(relabelled(gold, "s00001"), gold, tables.GOLD)
    code, out, err = call("--dataset", str(away / "data"))
    assert code == 3
    assert "changed: input:gold" in err
    assert "  input:gold: " in out
    assert "stance/accuracy/value: " in out

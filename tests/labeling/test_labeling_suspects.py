"""What the audits of a run found suspect goes to an adjudicator, once, beside the disputes."""

import json
from pathlib import Path

import pandas as pd
import pytest

from corpus.errors import InputError
from labeling.gold.suspects import suspects, with_suspects


def audited(folder: Path, tables: list[dict]) -> Path:
    audits = {"questions": {"stance": {"label errors": {"tables": tables}, "leaks": {"tables": []}}}}
    (folder / "audits.json").write_text(json.dumps(audits), encoding="utf-8")
    return folder


def test_the_list_of_the_audit_in_its_order(tmp_path: Path) -> None:
    rows = [["s2", "text", "a"], ["s1", "text", "b"]]
    other = {"columns": ["label"], "rows": [["a"]]}
    run = audited(tmp_path, [other, {"columns": ["sentence_id", "text", "gold"], "rows": rows}])
    assert suspects(run) == {"stance": ["s2", "s1"]}


def test_a_run_without_audits_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="stance train evaluate"):
        suspects(tmp_path)
    (tmp_path / "audits.json").write_text('{"questions": {"stance": {}}}', encoding="utf-8")
    with pytest.raises(InputError, match="label errors"):
        suspects(tmp_path)


def test_a_suspect_joins_the_disputes_once_and_only_with_votes() -> None:
    columns = ["sentence_id", "question", "reason", "votes"]
    disputes = pd.DataFrame([("s1", "stance", "open", "1 × a · 1 × b")], columns=columns)
    votes = {"stance": {"s1": "1 × a · 1 × b", "s2": "3 × a"}}
    found = with_suspects(disputes, {"stance": ["s2", "s1", "gone"], "other": ["s2"]}, votes)
    assert found.to_numpy().tolist() == [
        ["s1", "stance", "open", "1 × a · 1 × b"],
        ["s2", "stance", "suspect", "3 × a"],
    ]
    assert with_suspects(disputes[:0], {}, votes).empty

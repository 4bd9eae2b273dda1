import json
import os
import subprocess
import sys
from itertools import combinations

import pytest

from corpus.console import ROOT
from corpus.copies.minhash import jaccard, pieces

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def varied():
    sys.path.append(str(BENCHMARKS))
    from varied import Varied

    lines = (ROOT / "corpus" / "sample" / "news.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    yield Varied(texts), texts
    sys.path.remove(str(BENCHMARKS))


def test_a_varied_text_is_no_copy_and_always_the_same(varied):
    maker, texts = varied
    for text in texts[:10]:
        copies = [maker.copy(text, number) for number in range(4)]
        assert copies[0] == text
        assert max(jaccard(pieces(a), pieces(b)) for a, b in combinations(copies, 2)) < 0.5
        assert [len(copy.split()) for copy in copies] == [len(text.split())] * 4
        again = type(maker)(texts)
        assert [again.copy(text, number) for number in (3, 1)] == [copies[3], copies[1]]


def test_what_were_near_duplicates_are_so_in_the_copy(varied):
    maker, texts = varied
    text = texts[0]
    light = text.replace(",", "", 1)
    assert jaccard(pieces(maker.copy(text, 2)), pieces(maker.copy(light, 2))) > 0.9


def test_the_benchmark_runs_small(tmp_path):
    run = subprocess.run(
        [sys.executable, BENCHMARKS / "corpus.py", "--sizes", "1,2", "--workers-at", "1"],
        capture_output=True, text=True, env={**os.environ, "STANCE_BENCH_DATA": str(tmp_path)}, cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    one, two = found["cost"]
    assert (one["documents"], two["documents"]) == (64, 128)
    assert two["clusters"] > 1.8 * one["clusters"]
    assert one["peak_mb"] >= one["private_mb"] > 0
    assert set(found) == {"cost", "exponent", "workers", "bare", "copies"}
    assert found["workers"]["speedup"] > 0
    assert found["copies"]["document_precision"] == 1.0
    assert found["copies"]["sentence_recall"] > 0.95

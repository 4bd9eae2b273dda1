"""What the sentence ends are worth, and what they cost beside the bare library.

python benchmarks/segmentation.py    the bundled sample; where $STANCE_BENCH_DATA has them, the golden rules, and
                                     sentences of BABE, shuffled and joined by twenties
"""

import csv
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from syntok import segmenter
from syntok.tokenizer import Tokenizer

from corpus.text.segment import lines, sentences

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "corpus" / "sample"
REPEATS = 7

Split = Callable[[str], list[str]]


def ours(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def bare(text: str) -> list[str]:
    tokenizer = Tokenizer(replace_not_contraction=False)
    found = []
    for first, last in lines(text):
        start = first
        for sentence in segmenter.segment(tokenizer.tokenize(text[first:last])):
            end = first + sentence[-1].offset + len(sentence[-1].value)
            found.append(text[start:end].strip())
            start = end
    return found


def golden(split: Split, path: Path) -> tuple[int, int]:
    rules = json.loads(path.read_text(encoding="utf-8"))
    return sum(split(rule["text"]) == rule["sentences"] for rule in rules), len(rules)


def boundaries(found: list[str]) -> set[int]:
    """Where sentences end, counted in characters that are not white space; without the end of the text, a given."""
    ends, length = set(), 0
    for sentence in found[:-1]:
        length += len("".join(sentence.split()))
        ends.add(length)
    return ends


def agreement(split: Split, texts: list[str], intended: list[list[str]]) -> float:
    """F1 of the boundaries, over all texts."""
    right = found = wanted = 0
    for text, expected in zip(texts, intended, strict=True):
        got, want = boundaries(split(text)), boundaries(expected)
        right, found, wanted = right + len(got & want), found + len(got), wanted + len(want)
    return 2 * right / (found + wanted)


def shuffled(path: Path) -> list[list[str]]:
    """The texts of a table that are one sentence for both, in rows of twenty."""
    with path.open(encoding="utf-8", newline="") as file:
        texts = sorted({" ".join(row["text"].split()) for row in csv.DictReader(file)})
    whole = [text for text in texts if re.fullmatch(r"""["“‘(]?[A-Z0-9].*[.!?]["”’)\]]*""", text)]
    single = [text for text in whole if len(ours(text)) == len(bare(text)) == 1]
    single = list(np.random.default_rng(2026).permutation(single))
    return [single[at : at + 20] for at in range(0, len(single), 20)]


def rates(texts: list[str]) -> dict[str, float]:
    """Sentences per second, the median of turns that alternate, so that a busy machine is busy for both."""
    taken: dict[str, list[float]] = {"ours": [], "bare": []}
    count = sum(len(ours(text)) for text in texts)
    for _ in range(REPEATS):
        for name, split in (("ours", ours), ("bare", bare)):
            start = time.perf_counter()
            for text in texts:
                split(text)
            taken[name].append(count / (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in taken.items()}


def first_call() -> float:
    """Seconds from the import to the first answer, in a fresh process."""
    code = (
        "import time; start = time.perf_counter(); from corpus.text.segment import sentences;"
        "sentences('The U.S. House met. Talks with J. Smith began.'); print(time.perf_counter() - start)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    return float(run.stdout)


def main() -> None:
    with (SAMPLE / "intended.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["headline"] == "false"]
    records = [json.loads(row) for row in (SAMPLE / "news.jsonl").read_text(encoding="utf-8").splitlines()]
    texts = [record["text"] for record in records]
    joined = [" ".join(text.split()) for text in texts]
    intended = [[row["text"] for row in rows if row["id"] == record["id"]] for record in records]
    result: dict[str, object] = {}
    path = Path(os.environ.get("STANCE_BENCH_DATA", "")) / "golden_rules" / "en.json"
    babe = path.parent.parent / "babe" / "sg2.csv"
    rows_of_babe = shuffled(babe) if babe.is_file() else []
    for name, split in (("ours", ours), ("bare", bare)):
        row: dict[str, object] = {"sample_f1": agreement(split, joined, intended)}
        if path.is_file():
            row["golden"], row["golden_of"] = golden(split, path)
        if rows_of_babe:
            row["babe_f1"] = agreement(split, [" ".join(texts) for texts in rows_of_babe], rows_of_babe)
            row["babe_sentences"] = sum(map(len, rows_of_babe))
        result[name] = row
        print(f"{name}: {', '.join(f'{key} {value}' for key, value in row.items())}", flush=True)
    for form, of in (("paragraphs", texts), ("articles in one line", joined)):
        rate = rates(of)
        ratio = rate["bare"] / rate["ours"]
        result[form] = {**rate, "ratio": ratio}
        print(f"{form}: ours {rate['ours']:.0f} sentences/s, bare {rate['bare']:.0f}, time {ratio:.2f} of the bare")
    result["first_call_s"] = first_call()
    print(f"first call, with imports: {result['first_call_s']:.3f} s")
    print(json.dumps(result))


if __name__ == "__main__":
    main()

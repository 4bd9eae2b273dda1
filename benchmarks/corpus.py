"""What a build costs as a corpus grows, beside the bare libraries; what a second worker is worth; how copies are found.

python benchmarks/corpus.py [--sizes 1,10,100] [--workers-at 10]

Times the text of ruwa/ruwa.csv in STANCE_BENCH_DATA (default ../shared/data), or of the bundled sample where that is
not there. Each build has a process of its own, whose processor time and memory, with that of its workers, are counted.
100x takes half an hour of processor time. Seconds mean something on an idle machine only; processor seconds on any.
"""

import sys

# A script's folder comes first on its path, where this file hides the package of its name: from itself, and from the
# other benchmarks, which get the package when they import it.
sys.path.append(sys.path.pop(0))
if __name__ == "corpus":
    del sys.modules[__name__]
    sys.modules[__name__] = __import__(__name__)

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from duplicates import COPY_RULES, DATA, KINDS, NEWS, ROOT, articles, cost, planted, scores
from syntok import segmenter
from varied import write

from corpus.text.segment import sentences

# Seconds between two looks at memory, and at the disk.
_EVERY, _EVERY_OF_DISK = 0.2, 3


def measured(source: Path, folder: Path, workers: int | None) -> dict[str, float]:
    """One build: what it made, seconds, processor seconds, and the most memory that its processes had together."""
    command = [sys.executable, __file__, "--build", str(source), str(folder), str(workers or 0)]
    start = time.monotonic()
    child = psutil.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
    peak, private, disk, looked = 0, 0, 0, 0.0
    while child.poll() is None:
        if time.monotonic() > looked + _EVERY_OF_DISK:
            disk, looked = max(disk, _used(folder)), time.monotonic()
        held = list(_memory(child))
        peak = max(peak, sum(all_ for all_, _ in held))
        private = max(private, sum(own for _, own in held))
        time.sleep(_EVERY)
    seconds = time.monotonic() - start
    made = json.loads(child.stdout.read())
    return {**made, "seconds": seconds, "peak_mb": peak >> 20, "private_mb": private >> 20, "disk_mb": disk >> 20}


def _memory(child: psutil.Process) -> Iterator[tuple[int, int]]:
    """Resident memory of each process, and what of it is no page of a file, which the system can take back."""
    try:
        for process in (child, *child.children(recursive=True)):
            found = process.memory_info()
            yield found.rss, found.rss - found.shared
    except psutil.NoSuchProcess:
        return


def _used(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(parent) / name).stat().st_size
    return total


def build_here(source: Path, folder: Path, workers: int) -> None:
    """The build itself, in the process that is measured."""
    from corpus.build import build_into
    from corpus.pipeline.engines import dask, local

    with dask(None, workers) if workers else local() as engine:
        start = time.monotonic()
        built = build_into(folder, [str(source)], engine=engine)
        seconds = time.monotonic() - start
    own, of_workers = sum(os.times()[:2]), sum(os.times()[2:4])
    print(json.dumps({
        "documents": built.documents, "sentences": built.sentences, "clusters": built.clusters,
        "build_seconds": seconds, "processor_seconds": own + of_workers, "own_seconds": own,
    }))  # fmt: skip


def exponent(sizes: list[float], costs: list[float]) -> float:
    """The power of the size that the cost grows with: the slope of a line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def bare(texts: list[str]) -> dict[str, float]:
    """Processor seconds for the sentences and the links of the text, and those of the libraries alone."""
    start = time.process_time()
    for text in texts:
        sentences(text)
    ours = time.process_time() - start
    start = time.process_time()
    for text in texts:
        for paragraph in segmenter.analyze(text):
            for _ in paragraph:
                pass
    alone = time.process_time() - start
    found = [text[start:end] for text in texts for start, end in sentences(text)]
    ids = [f"s{number:07d}" for number in range(len(found))]
    links = cost(pd.DataFrame({"sentence_id": ids, "doc_id": ids, "start": 0, "text": found}))
    return {
        "segmenting_seconds": ours, "syntok_seconds": alone, "segmenting_ratio": ours / alone,
        "links_seconds": links["seconds"], "datasketch_seconds": links["datasketch_seconds"],
        "links_ratio": links["ratio"],
    }  # fmt: skip


def source_of_text(folder: Path) -> Path:
    """The table whose text is varied: ruwa, else the bundled sample as a table of the same columns."""
    ruwa = DATA / "ruwa" / "ruwa.csv"
    if ruwa.is_file():
        return ruwa
    news = pd.read_json(ROOT / "corpus" / "sample" / "news.jsonl", lines=True, dtype=False)
    columns = {
        "title": "title",
        "text": "desc",
        "published_at": "Date",
        "outlet": "Site",
        "event": "Event",
        "id": "src",
    }
    news.rename(columns=columns)[list(columns.values())].to_csv(folder / "sample.csv", index=False)
    return folder / "sample.csv"


def growth(base: Path, folder: Path, sizes: list[int]) -> list[dict[str, float]]:
    rows = []
    for size in sizes:
        grown = folder / f"{size}.csv"
        records = write(base, grown, size)
        row = {"size": size, "records": records, **measured(grown, folder / str(size), None)}
        rows.append(row)
        print(
            f"{size:>5}x {records:>9} records {row['sentences']:>9} sentences {row['clusters']:>9} clusters"
            f" {row['build_seconds']:>8.1f} s {row['processor_seconds']:>8.1f} s of processor"
            f" {row['sentences'] / row['build_seconds']:>7.0f} sentences/s, peak {row['peak_mb']:>5} MB"
            f" ({row['private_mb']} MB without pages of files), disk {row['disk_mb']} MB",
            flush=True,
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1,10,100", help="how many times the text")
    parser.add_argument(
        "--workers-at", type=int, default=10, help="at which size two Dask workers are compared with one"
    )
    parser.add_argument("--build", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.build:
        build_here(Path(asked.build[0]), Path(asked.build[1]), int(asked.build[2]))
        return
    sizes = [int(size) for size in asked.sizes.split(",")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = source_of_text(folder)
        rows = growth(base, folder, sizes)
        result: dict[str, object] = {"cost": rows}
        if len(rows) > 1:
            of = [row["sentences"] for row in rows]
            powers = {key: exponent(of, [row[key] for row in rows]) for key in ("build_seconds", "processor_seconds")}
            result["exponent"] = powers
            print("cost grows with this power of the sentences:", shown(powers), flush=True)
        if asked.workers_at:
            result["workers"] = workers(base, folder, asked.workers_at)
            print("Dask workers on this machine:", shown(result["workers"]), flush=True)
        table = pd.read_csv(base)
        result["bare"] = bare(table["desc"].fillna(table["title"]).dropna().tolist())
        print("beside the bare libraries:", shown(result["bare"]), flush=True)
        original = articles(NEWS)
        copies = pd.concat([original, *(planted(original, kind) for kind in KINDS)], ignore_index=True)
        result["copies"] = scores(copies, COPY_RULES)
        print("planted copies of all kinds:", shown(result["copies"]))
    print(json.dumps(result))


def workers(base: Path, folder: Path, size: int) -> dict[str, float]:
    """Seconds of a build by one worker and by two."""
    grown = folder / "workers.csv"
    write(base, grown, size)
    one, two = (measured(grown, folder / f"workers-{n}", n) for n in (1, 2))
    return {
        "size": size, "one_seconds": one["build_seconds"], "two_seconds": two["build_seconds"],
        "speedup": one["build_seconds"] / two["build_seconds"], "processor_seconds": two["processor_seconds"],
        "of_it_handing_out": two["own_seconds"], "peak_mb": two["peak_mb"],
    }  # fmt: skip


def shown(numbers: dict[str, float]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number:.4g}" for name, number in numbers.items())


if __name__ == "__main__":
    main()

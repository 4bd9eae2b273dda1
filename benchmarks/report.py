"""How long a report takes, with its audits, tables, cards and PDF, for many labelled sentences. Exit code 1: too long.

python benchmarks/report.py [--sentences 10000 100000] [--model tfidf]     a quarter of an hour, most of it to fit

The sentences are those of benchmarks/worlds.py: five a document, six annotators, four votes a sentence. The run is
fitted first, which is not counted: its predictions are given. Then `stance train report` evaluates it, audits it and
writes the page, in a process of its own. Processor seconds count, of all its processes: on a machine that has nothing
else to do the clock shows no more.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from worlds import SETTINGS, released

from train.fit import fit
from train.settings import TrainSettings

# Sentences -> processor seconds at most.
BARS = {10_000: 180, 100_000: 1200}
MEGABYTES = 3
_EACH = 5


def measured(sentences: int, model: str) -> tuple[float, float, float, float]:
    """Seconds to fit (of the clock), to report (of the clock; of the processor), and the page in megabytes."""
    settings = TrainSettings(model=model, tfidf=SETTINGS.tfidf)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        dataset = released(workspace / "datasets", 5, documents=sentences // _EACH)
        started = time.perf_counter()
        run = fit(dataset, runs=workspace / "runs", settings=settings).run
        fitted = time.perf_counter() - started
        words = [str(Path(sys.executable).with_name("stance")), "train", "report", str(run.path), "--json"]
        started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            words, env=os.environ | {"STANCE_WORKSPACE": folder}, check=True, stdout=subprocess.PIPE, text=True
        )
        seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        page = Path(json.loads(done.stdout.splitlines()[-1])["report"])
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return fitted, seconds, processor, page.stat().st_size / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, nargs="+", default=list(BARS))
    parser.add_argument("--model", default="tfidf")
    chosen = parser.parse_args()
    print("| labelled sentences | model | fit, s | report, s | of the processor, s | bar, s | page, MB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    good = True
    for sentences in chosen.sentences:
        fitted, seconds, processor, size = measured(sentences, chosen.model)
        bar = BARS.get(sentences)
        good &= size <= MEGABYTES and (bar is None or processor <= bar)
        row = [f"{sentences:,}", chosen.model, f"{fitted:.0f}", f"{seconds:.0f}", f"{processor:.0f}", bar or "", size]
        print(f"| {' | '.join(map(str, row[:-1]))} | {size:.2f} |", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

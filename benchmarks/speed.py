"""How fast the project's own models are beside the bare parts, in one run; exit code 1 when a must is missed.

python benchmarks/speed.py                   10,000 sentences to fit, then four times as many
python benchmarks/speed.py --rows 2000       smaller; the bar of two minutes is for 10,000
python benchmarks/speed.py --pytorch PYTHON  an interpreter with torch and sentence-transformers
python benchmarks/speed.py --only cold,dask  some of the parts: tfidf, cold, encoding, dask, training

Needs the data for evaluation: STANCE_BENCH_DATA, by default ../shared/data. The sentences are those of BABE, and copies
of them with other words (benchmarks/varied.py). Vectors are computed, not read from a cache. Seconds are those of the
wall unless it says processor: other work on the machine makes them longer.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
from distributed import Client, LocalCluster
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, Pipeline
from varied import Varied

from corpus.files import sha256_file, write_json
from train import embedding
from train.crossfit import fitted
from train.encoder import weights_folder
from train.models import make
from train.predict import limits, predict
from train.run import MANIFEST, MODEL, libraries, load
from train.settings import TrainSettings
from train.store import save
from train.terms import WORD

DATA = Path(os.environ.get("STANCE_BENCH_DATA", Path(__file__).resolve().parent.parent.parent / "shared" / "data"))
SETTINGS = TrainSettings()
FORMATS = Path(__file__).resolve().parent.parent / "tests" / "train" / "formats"
# What "at least as fast" leaves to chance: two measurements of one thing differ by that.
NOISE = 0.05
PYTORCH = """
import json, sys, time
import torch
from sentence_transformers import SentenceTransformer
torch.set_num_threads(1)
texts = json.load(sys.stdin)
model = SentenceTransformer(sys.argv[1], device="cpu")
model.encode(texts[:32])
started = time.process_time()
model.encode(texts, batch_size=32, show_progress_bar=False)
print(time.process_time() - started)
"""
# A process counts what it was forked from among its memory, so it is started by one that is small.
LAUNCH = """
import resource, subprocess, sys, time
started = time.perf_counter()
subprocess.run([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


@dataclass(frozen=True)
class Result:
    """A line: ``must`` holds where ``value`` is at least (or, if ``most``, at most) that; None was not measured."""

    what: str
    value: float | None
    must: float
    most: bool = False
    note: str = ""

    def missed(self) -> bool:
        return self.value is not None and (self.value > self.must if self.most else self.value < self.must)


def clock(work: Callable[[], object], of: Callable[[], float] = time.perf_counter) -> float:
    started = of()
    work()
    return of() - started


def empty_cache(folder: Path) -> None:
    """Forget vectors and keep the encoder's graph, which is made once on a machine."""
    for item in folder.glob("**/*"):
        if item.is_file() and item.name not in {"encoder.onnx", "tokenizer.json", "about.json"}:
            item.unlink()


def sentences(data: Path, rows: int) -> pd.DataFrame:
    """text, label and group; each text once."""
    frame = pd.read_csv(data / "babe/sg2.csv")
    varied = Varied(frame["text"])
    copies = [
        frame.assign(text=[varied.copy(text, number) for text in frame["text"]])
        for number in range(rows // len(frame) + 2)
    ]
    found = pd.concat(copies)[["text", "label"]].drop_duplicates("text").head(rows).reset_index(drop=True)
    return found.assign(group=found["text"].str.lower())


def encoding(rows: pd.DataFrame, cache: Path, folder: Path, pytorch: str | None) -> Result:
    """Sentences a processor second on one core: hybrid's whole prediction, and the encoder alone on PyTorch.

    In turns; of each the least of three.
    """
    what = "hybrid on one core, times sentence-transformers on PyTorch"
    if pytorch is None:
        return Result(what, None, 3, note="not measured: --pytorch names an interpreter that has it")
    here = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(here)})
    try:
        model = load(kept(rows[:1000], "hybrid", folder / "runs" / "thousand")).answerers()["stance"]
        texts, own, others = list(rows["text"][1000:]), [], []
        for _ in range(3):
            empty_cache(cache)
            embedding._recent.clear()
            own.append(clock(lambda: model.predict(texts), time.process_time))
            answer = subprocess.run(
                [pytorch, "-c", PYTORCH, str(weights_folder(""))],
                input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
            others.append(float(answer.stdout.split()[-1]))
    finally:
        os.sched_setaffinity(0, here)
    ratios = ", ".join(f"{other / one:.2f}" for one, other in zip(own, others, strict=True))
    note = (
        f"{len(texts) / min(own):.0f} and {len(texts) / min(others):.0f} sentences a processor second; turns: {ratios}"
    )
    return Result(what, min(others) / min(own), 3, note=note)


def kept(rows: pd.DataFrame, name: str, folder: Path) -> Path:
    """A run of the model ``name`` that was fitted on ``rows``, with what `stance train predict` reads of one."""
    shutil.copytree(FORMATS / f"{name}-1", folder)
    model = fitted(partial(make, name, SETTINGS.seed, SETTINGS), rows)
    save({"stance": model}, folder / MODEL)
    manifest = load(folder).manifest
    manifest["files"][MODEL] = sha256_file(folder / MODEL)
    manifest["libraries"] = libraries()
    write_json(folder / MANIFEST, manifest)
    return folder


def ngrams() -> FeatureUnion:
    """The features of tfidf, from scikit-learn's own parts."""
    own = SETTINGS.tfidf
    shared = {"sublinear_tf": True, "min_df": own.min_sentences}
    words = TfidfVectorizer(ngram_range=own.word_ngrams, token_pattern=WORD, **shared)
    return FeatureUnion(
        [("words", words), ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=own.char_ngrams, **shared))]
    )


def tfidf(rows: pd.DataFrame) -> Iterator[Result]:
    """The model of that name and its features and classifier alone, in turns; processor seconds, the least of each."""
    spent: dict[str, list[float]] = {}
    for _ in range(3):
        own = make("tfidf", SETTINGS.seed, SETTINGS)
        bare = Pipeline([("features", ngrams()), ("classifier", make("tfidf", SETTINGS.seed, SETTINGS)[-1])])
        for name, model in (("own", own), ("bare", bare)):
            work = (partial(model.fit, rows["text"], rows["label"]), partial(model.predict_proba, rows["text"]))
            for step, part in zip(("fit", "predict"), work, strict=True):
                spent.setdefault(f"{name} {step}", []).append(clock(part, time.process_time))
    for step in ("fit", "predict"):
        own_s, bare_s = min(spent[f"own {step}"]), min(spent[f"bare {step}"])
        note = f"{own_s:.2f} and {bare_s:.2f} processor s, {len(rows)} sentences"
        yield Result(f"tfidf {step}, times the bare pipeline's speed", bare_s / own_s, 1 - NOISE, note=note)


def training(rows: pd.DataFrame, size: int, cache: Path) -> Iterator[Result]:
    """Fit hybrid on ``size`` sentences, and on four times as many, vectors included."""
    wall, processor = [], []
    for number in (size, 4 * size):
        empty_cache(cache)
        started = time.process_time()
        work = partial(fitted, partial(make, "hybrid", SETTINGS.seed, SETTINGS), rows[:number])
        wall.append(clock(work))
        processor.append(time.process_time() - started)
        if number == size:
            note = f"{processor[0]:.0f} processor s"
            yield Result(f"hybrid, seconds to fit {size:,} sentences", wall[0], 120, most=True, note=note)
    power = math.log(processor[1] / processor[0]) / math.log(4)
    what = f"the power at which that grows from {size:,} to {4 * size:,} (exact up to {SETTINGS.kernel.exact_up_to:,})"
    yield Result(what, power, 1.15, most=True, note=f"{processor[1]:.0f} processor s, {wall[1]:.0f} s")


def process(words: list[str]) -> tuple[float, float, float]:
    """Run Python with ``words``: seconds, processor seconds, MB at most."""
    answer = subprocess.run([sys.executable, "-c", LAUNCH, *words], stdout=subprocess.PIPE, text=True, check=True)
    wall, spent, most = map(float, answer.stdout.split())
    return wall, spent, most


def cold(rows: pd.DataFrame, folder: Path) -> Iterator[Result]:
    """A fresh process of `stance train predict` on two sentences: the least of five for each run.

    The runs are fitted on as many sentences as a kernel is exact for: no model of hybrid is larger. Beside it what
    scikit-learn's import alone takes, the same way.
    """
    source = folder / "two.txt"
    source.write_text("Moscow was right to answer.\nWashington was right.\n", encoding="utf-8")
    torch = 0
    for model in ("hybrid", "tfidf"):
        kept(rows[: SETTINGS.kernel.exact_up_to], model, folder / "runs" / model)
        words = ["-m", "stance", "train", "predict", model, str(source), "--workspace", str(folder)]
        process(words)  # makes the encoder's graph, which is done once on a machine
        own, bare = [], []
        for _ in range(5):
            own.append(process(words))
            bare.append(process(["-c", "import sklearn.pipeline"]))
        (wall, spent, _), least = (tuple(map(min, zip(*runs, strict=True))) for runs in (own, bare))
        note = f"{spent:.2f} processor s; `import sklearn.pipeline` alone {least[0]:.2f} s, {least[1]:.2f} processor s"
        yield Result(f"cold start of predict, {model}, seconds", wall, 1, most=True, note=note)
        yield Result(f"cold start of predict, {model}, MB", max(used[2] for used in own), 400, most=True)
        listed = subprocess.run(
            [sys.executable, "-X", "importtime", *words], capture_output=True, text=True, check=True
        ).stderr
        torch += sum(line.rpartition("|")[2].strip().split(".")[0] == "torch" for line in listed.splitlines())
    yield Result("imports of PyTorch by predict", torch, 0, most=True)


def dask(rows: pd.DataFrame, folder: Path, cache: Path) -> Result:
    """Predict with hybrid on one Dask worker and on two, each on a core of its own; starting them is not counted."""
    source, of = folder / "many.txt", load(FORMATS / "hybrid-1")
    source.write_text("\n".join(" ".join(text.split()) for text in rows["text"]), encoding="utf-8")
    cores, wall = sorted(os.sched_getaffinity(0)), []
    for workers in (1, 2):
        empty_cache(cache)
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            for number, address in enumerate(client.scheduler_info()["workers"]):
                client.run(os.sched_setaffinity, 0, {cores[number % len(cores)]}, workers=[address])
            executor = client.get_executor(pure=False)
            work = partial(predict, of, source, folder / f"{workers}.parquet", bounds=limits(of), executor=executor)
            wall.append(clock(lambda: work(size=200)))  # noqa: B023 - called at once
    note = f"{wall[0]:.1f} and {wall[1]:.1f} s, {len(rows)} sentences"
    return Result("two Dask workers, times the speed of one", wall[0] / wall[1], 1.7, note=note)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000, help="sentences to fit, and then four times as many")
    parser.add_argument("--pytorch", metavar="PYTHON", help="an interpreter with torch and sentence-transformers")
    parser.add_argument("--only", default="tfidf,cold,encoding,dask,training", help="parts: a,b")
    chosen = parser.parse_args()
    if not (DATA / "babe").is_dir():
        raise SystemExit(f"no benchmark data in {DATA}: set STANCE_BENCH_DATA")
    started, results = time.perf_counter(), []
    with tempfile.TemporaryDirectory() as temporary:
        folder, cache = Path(temporary), Path(temporary) / "cache"
        os.environ["STANCE_CACHE"] = str(cache)
        rows = sentences(DATA, 4 * chosen.rows)

        def parts() -> Iterator[Result]:
            named: dict[str, Callable[[], Iterable[Result]]] = {
                "tfidf": lambda: tfidf(rows[: min(chosen.rows, 3000)]),
                "cold": lambda: cold(rows, folder),
                "encoding": lambda: [encoding(rows[: 1000 + min(chosen.rows, 2000)], cache, folder, chosen.pytorch)],
                "dask": lambda: [dask(rows[: chosen.rows], folder, cache)],
                "training": lambda: training(rows, chosen.rows, cache),
            }
            for name in chosen.only.split(","):
                yield from named[name.strip()]()

        for one in parts():
            value = "-" if one.value is None else f"{one.value:.2f}"
            bar = f"at {'most' if one.most else 'least'} {one.must:g}"
            print(f"{one.what:<74} {value:>8}  {bar:<14} {'MISSED' if one.missed() else '':<6} {one.note}", flush=True)
            results.append(one)
    missed = [one.what for one in results if one.missed()]
    print(
        json.dumps(
            {
                "rows": chosen.rows,
                "load": round(os.getloadavg()[0], 1),
                "seconds": round(time.perf_counter() - started),
                "measured": {one.what: None if one.value is None else round(one.value, 3) for one in results},
                "missed": missed,
            }
        )
    )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()

"""How well copies are found and what it costs: planted copies by kind and threshold, and datasketch alone beside it.

python benchmarks/duplicates.py      the bundled sample, and eight Russian articles; with the file ruwa/ruwa.csv in
                                     STANCE_BENCH_DATA (default ../shared/data) among its 16,351 texts; two minutes
"""

import json
import os
import resource
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from datasketch import MinHash, MinHashLSH
from planted import KINDS

from corpus.build import build
from corpus.copies.duplicates import COPY_RULES, CopyRules, cluster_ids, find_links
from corpus.text.words import normalized

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("STANCE_BENCH_DATA", ROOT.parent / "shared" / "data"))
SEED = 2026
COLUMNS = ["sentence_id", "doc_id", "start", "text"]


NEWS, RUSSIAN = ROOT / "corpus" / "sample" / "news.jsonl", ROOT / "benchmarks" / "russian.jsonl"


def articles(path: Path) -> pd.DataFrame:
    """The sentences of a file of articles, each with the article and the sentence that it is a copy of: itself."""
    built = build([str(path)])
    found = built.sentences[COLUMNS].copy()
    # Agency copy of the sample itself is no false join, however it is found.
    natural = built.links[built.links["level"] == "document"]
    found["family"] = found["doc_id"].map(_roots(found["doc_id"], natural))
    found["fact"] = built.sentences["cluster_id"]
    return found


def planted(original: pd.DataFrame, kind: str) -> pd.DataFrame:
    """One copy of ``kind`` of every article."""
    rng = np.random.default_rng(SEED)
    rows = []
    for doc, own in original.groupby("doc_id", sort=True):
        own = own.sort_values("start").reset_index(drop=True)
        for at, (source, text) in enumerate(KINDS[kind](list(enumerate(own["text"])), rng)):
            rows.append((f"{kind}-{doc}-{at:02d}", f"{kind}-{doc}", at, text, own["family"][0], own["fact"][source]))
    return pd.DataFrame(rows, columns=[*COLUMNS, "family", "fact"])


def noise() -> pd.DataFrame:
    """Descriptions, or else titles, of the real corpus, as documents of one sentence."""
    path = DATA / "ruwa" / "ruwa.csv"
    if not path.is_file():
        return pd.DataFrame(columns=[*COLUMNS, "family", "fact"])
    table = pd.read_csv(path)
    texts = table["desc"].fillna(table["title"]).dropna().reset_index(drop=True)
    ids = [f"ruwa-{number:05d}" for number in range(len(texts))]
    return pd.DataFrame({"sentence_id": ids, "doc_id": ids, "start": 0, "text": texts, "family": ids, "fact": ids})


def scores(corpus: pd.DataFrame, rules: CopyRules) -> dict[str, float]:
    """Precision of what is joined with a planted copy, and how many planted copies are joined with their source.

    Documents are joined by a link, sentences by their cluster, chains included.
    """
    links = find_links(corpus[COLUMNS], rules)
    family = corpus.drop_duplicates("doc_id").set_index("doc_id")["family"]
    own = links[links["level"] == "document"]
    right = [
        family[a] == family[b] for a, b in zip(own["a"], own["b"], strict=True) if _is_planted(a) or _is_planted(b)
    ]
    story = _roots(family.index, own)
    clusters = corpus.assign(cluster=cluster_ids(corpus, links), planted=corpus["doc_id"].map(_is_planted))
    copies, sources = clusters[clusters["planted"]], clusters[~clusters["planted"]]
    at_source = sources.groupby("fact")["cluster"].agg(set)
    holding = clusters[clusters["cluster"].isin(copies["cluster"])]
    main_fact = holding.groupby("cluster")["fact"].transform(lambda facts: facts.mode()[0])
    return {
        "document_precision": float(np.mean(right)) if right else 1.0,
        "document_recall": float(
            np.mean([story[copy] == story.get(copy.partition("-")[2]) for copy in copies["doc_id"].unique()])
        ),
        "sentence_precision": float((holding["fact"] == main_fact).mean()),
        "sentence_recall": float(
            np.mean(
                [cluster in at_source[fact] for cluster, fact in zip(copies["cluster"], copies["fact"], strict=True)]
            )
        ),
    }


def _is_planted(doc: str) -> bool:
    return doc.partition("-")[0] in KINDS


def _roots(names: pd.Series | pd.Index, links: pd.DataFrame) -> dict[str, str]:
    frame = pd.DataFrame({"sentence_id": pd.Series(list(dict.fromkeys(names)), dtype="object")})
    roots = cluster_ids(frame, links.assign(level="sentence"))
    return dict(zip(frame["sentence_id"], roots, strict=True))


def by_kind(original: pd.DataFrame, among: pd.DataFrame, language: str) -> Iterator[dict[str, object]]:
    """By kind at the rules as configured."""
    for kind in KINDS:
        corpus = pd.concat([original, planted(original, kind), among], ignore_index=True)
        yield {"kind": f"{kind}{language}", "rule": "", **scores(corpus, COPY_RULES)}


def by_rule(original: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Some kinds as each rule is moved."""
    every = {kind: planted(original, kind) for kind in KINDS}
    moved: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {
        "threshold": (("light",), (0.4, 0.5, 0.6, 0.7, 0.8)),
        "coverage": (("thesaurus50", "thesaurus70"), (0.1, 0.2, 0.3, 0.4, 0.6, 0.8)),
        "aligned": (("thesaurus50", "thesaurus70"), (0.15, 0.25, 0.3, 0.35, 0.4, 0.5)),
        "rewritten": (("thesaurus30",), (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)),
    }
    for name, (kinds, values) in moved.items():
        together = pd.concat([original, *(every[kind] for kind in kinds)], ignore_index=True)
        for value in values:
            rules = replace(COPY_RULES, **{name: value})
            if name in ("threshold", "rewritten"):
                # What links a sentence by itself shows where its document says nothing: each is a document.
                found = scores(together.assign(doc_id=together["sentence_id"]), rules)
                found |= {"document_precision": float("nan"), "document_recall": float("nan")}
            else:
                found = scores(together, rules)
            yield {"kind": " ".join(kinds), "rule": f"{name} {value}", **found}


def cost(texts: pd.DataFrame) -> dict[str, object]:
    """Processor seconds for the links of one corpus, beside the MinHash and LSH of datasketch over the same texts."""
    start = time.process_time()
    find_links(texts[COLUMNS])
    ours = time.process_time() - start
    distinct = sorted({normalized(text) for text in texts["text"]})
    start = time.process_time()
    index = MinHashLSH(threshold=COPY_RULES.threshold, num_perm=128, weights=(0.02, 0.98))
    pieces = ({f" {text} "[at : at + 5].encode() for at in range(max(1, len(text) - 2))} for text in distinct)
    for number, sketch in enumerate(MinHash.generator(pieces, num_perm=128, seed=1)):
        index.query(sketch)
        index.insert(number, sketch, check_duplication=False)
    bare = time.process_time() - start
    return {"sentences": len(texts), "seconds": ours, "datasketch_seconds": bare, "ratio": ours / bare}


def main() -> None:
    original, russian, among = articles(NEWS), articles(RUSSIAN), noise()
    print(f"{len(original)} sentences of {original['doc_id'].nunique()} articles, among {len(among)} other texts\n")
    print(f"{'kind':<26}{'rule':<18}{'documents':>20}{'sentences':>22}")
    print(f"{'':<44}{'precision':>11}{'recall':>9}{'precision':>13}{'recall':>9}")
    rows = []
    # The Russian copies lie among the English articles and the Cyrillic texts of the real corpus.
    beside = pd.concat([original, among[among["text"].str.contains("[а-яё]")]])
    for row in (*by_kind(original, among, ""), *by_kind(russian, beside, " (Russian)"), *by_rule(original)):
        rows.append(row)
        print(
            f"{row['kind']:<26}{row['rule']:<18}{row['document_precision']:>11.3f}{row['document_recall']:>9.3f}"
            f"{row['sentence_precision']:>13.3f}{row['sentence_recall']:>9.3f}",
            flush=True,
        )
    times = []
    for share in (0.25, 0.5, 1.0) if len(among) else ():
        times.append(cost(among.sample(frac=share, random_state=SEED)))
        line = "{sentences:>7} texts {seconds:6.2f} s, datasketch alone {datasketch_seconds:6.2f} s, ratio {ratio:.2f}"
        print(line.format(**times[-1]), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rows = [{key: value for key, value in row.items() if value == value} for row in rows]
    print(json.dumps({"quality": rows, "cost": times, "peak_mb": peak}))


if __name__ == "__main__":
    main()

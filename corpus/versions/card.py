"""The README.md of a dataset version: a dataset card with the header that the Hugging Face hub reads."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import yaml

from corpus.versions.views import SIDES, features

_ABOUT = {
    "sentences": "sentences with their offsets, duplicate clusters and the columns of their documents",
    "annotations": "who answered what: one row for each annotation and question",
    "gold": "one label for each sentence and question; empty where the annotators tied",
    "split": "the side of each sentence, its fold for cross-validation, and the group that stays together",
}


def card(manifest: Mapping[str, Any], sentences: pd.DataFrame) -> str:
    """The card as Markdown: header, tables, counts, and in plain words whether any annotator was simulated."""
    counts = manifest["counts"]
    order = {name: list(found["labels"]) for name, found in counts["questions"].items()}
    header: dict[str, Any] = {
        "pretty_name": f"{manifest['name']} {manifest['version']}",
        "license": "other",
        "task_categories": ["text-classification"],
        "size_categories": [_size(counts["sentences"])],
        "configs": _configs(manifest),
        "class_labels": order,
    }
    if manifest.get("views"):
        header["dataset_info"] = [{"config_name": "default", "features": features(manifest["labels"])}]
    if languages := sorted({name.lower().partition("-")[0] for name in sentences["language"].dropna()}):
        header["language"] = languages
    sides = ", ".join(f"{side} {n}" for side, n in counts["split"].items())
    lines = [
        "---",
        yaml.safe_dump(header, sort_keys=False, allow_unicode=True).rstrip(),
        "---",
        "",
        f"# {manifest['name']} {manifest['version']}",
        "",
        *_provenance(manifest["simulated_annotators"], counts["annotators"]),
        f"{counts['sentences']} sentences of {counts['documents']} documents in {counts['clusters']} clusters of "
        f"duplicates; {counts['annotations']} annotations by {counts['annotators']} annotators.",
        f"Split by {manifest['recipe'].get('split', 'an unnamed rule')}: {sides}.",
        *(f"Note: {note}." for note in manifest["notes"]),
        "",
        "| file | what |",
        "| --- | --- |",
        *(f"| `{name}.parquet` | {what} |" for name, what in _ABOUT.items()),
        *(f"| `data/{side}.parquet` | the {side} sentences with their labels |" for side in manifest.get("views", {})),
        "| `manifest.json` | hashes, recipe, label definitions, counts, library versions |",
        "| `datasheet.md` | composition, collection, preprocessing, uses, distribution, maintenance |",
        "",
        "| question | label | sentences |",
        "| --- | --- | --- |",
    ]
    for name, found in counts["questions"].items():
        lines += [f"| {name} | {label} | {n} |" for label, n in found["labels"].items()]
        lines += [f"| {name} | (tie, no label) | {found['ties']} |"] if found["ties"] else []
    lines += ["", f"SHA-256 of the whole: `{manifest['sha256']}`.", ""]
    lines += ["The texts belong to their publishers; check what their terms allow before passing them on.", ""]
    return "\n".join(lines)


def _configs(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What ``datasets.load_dataset`` offers: first, and by default, the labelled sentences by side; then the tables."""
    configs: list[dict[str, Any]] = [{"config_name": name, "data_files": f"{name}.parquet"} for name in _ABOUT]
    if manifest.get("views"):
        sides = [name for name in SIDES.values() if name in manifest["views"]]
        files = [{"split": name, "path": f"data/{name}.parquet"} for name in sides]
        configs.insert(0, {"config_name": "default", "data_files": files})
    configs[0]["default"] = True
    return configs


def _size(n: int) -> str:
    """The size as the hub names it."""
    bounds = [(10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M")]
    return next((name for bound, name in bounds if n < bound), "n>10M")


def _provenance(simulated: list[str], annotators: int) -> list[str]:
    if not simulated:
        return []
    who = "All annotators" if len(simulated) == annotators else f"{len(simulated)} of the {annotators} annotators"
    names = ", ".join(f"`{name}`" for name in simulated)
    return [f"**{who} are simulated: programs with stated error rates, no people ({names}).**", ""]

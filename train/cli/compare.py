"""``stance train compare``: runs on the same test items, side by side."""

import click

from corpus.console import Console, command
from train.cli.groups import group


@command(group, "compare", "stance train compare news-v1-tfidf-0a1b2c3d news-v1-hybrid-4e5f6a7b")
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...")
def compare_command(console: Console, runs: tuple[str, ...]) -> None:
    """Say which of several runs is better on their common test sentences, and whether that is more than chance.

    RUN is an ID or a path. Paired bootstrap and permutation test over documents, corrected where there are several
    pairs; the smallest difference that this test set could show. Writes compare.html, compare.pdf (where the machine
    has Chromium), compare.json and tables/*.csv, with the scores and audits of runs that were evaluated side by side.
    """
    from train.evaluation.compare import compare
    from train.evaluation.looks import LOG, look
    from train.report.comparison import sentence, write_comparison
    from train.report.printed import pdf
    from train.run import load as load_run

    loaded = [load_run(console.workspace.run(name)) for name in runs]
    found = compare(loaded)
    path = write_comparison(console.workspace.runs, found, loaded)
    printed = pdf(path)
    # Runs may name copies of one dataset version: whoever opens any of them should find the look.
    for folder in dict.fromkeys(each.dataset_folder().resolve() for each in loaded):
        if not look(folder, [each.id for each in loaded], "compare", found["questions"]):
            console.note(f"{folder / LOG}: cannot be written, so this look at the test is not counted there.")
    lines = [
        f"{name}: {sentence(row)}" for name, result in found["questions"].items() for row in result["pairs"]["macro_f1"]
    ]
    record = {"comparison": str(path), "pdf": str(printed) if printed else None, "questions": found["questions"]}
    console.result(record, [*lines, *(str(each) for each in (path, printed) if each)])

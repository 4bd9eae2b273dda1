"""The report of a run with what belongs to it: the page, its PDF, and the index of all runs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from train.evaluation.outputs import record
from train.report.index import write_index
from train.report.page import report
from train.report.printed import pdf
from train.run import Run


@dataclass(frozen=True)
class Published:
    """Where the page, its PDF (None without Chromium) and the index of runs are."""

    report: Path
    pdf: Path | None
    index: Path


def publish(of: Run, advance: Callable[[int], None] = lambda n: None) -> Published:
    """Write :func:`train.report.page.report`, print it, and write the index of the runs beside it."""
    page = report(of, advance)
    printed = pdf(page)
    record(of.path)  # With the PDF.
    return Published(page, printed, write_index(of.path.parent))

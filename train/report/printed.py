"""A page as PDF, by the Chromium of the machine, where there is one."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from corpus.files import replacing

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# As root Chromium needs the first; the others keep it from asking anyone for anything.
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-pdf-header-footer",
)  # fmt: skip
_SECONDS = 120


def pdf(page: Path) -> Path | None:
    """Print ``page`` to a PDF beside it; None where there is no Chromium, or it fails."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        return None
    path = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile, tempfile.TemporaryDirectory() as out:
        made = Path(out) / "page.pdf"
        words = [browser, *_FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={made}", page.resolve().as_uri()]
        try:
            subprocess.run(words, check=True, capture_output=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError):
            return None
        if not made.is_file():
            return None
        with replacing(path) as beside:
            shutil.copyfile(made, beside)
    return path

"""The pages for evaluators in a real browser: axe, both themes, no request, no script, nothing cut off."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from labeling_page import serious
from playwright.sync_api import Browser, Page

from corpus.console import ROOT
from train.cli import group
from train.fit import fit
from train.report.index import write_index
from train.report.page import report

PAGES = ("report", "compare", "index")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """A report with alarms, a comparison and an index, as the commands write them."""
    workspace = tmp_path_factory.mktemp("reports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks")])
        patch.setitem(os.environ, "STANCE_CACHE", str(workspace / "cache"))
        import worlds

        dataset = worlds.released(workspace / "datasets", 77, worlds.FAULTS["two camps"], documents=60)
        majority = worlds.SETTINGS.model_copy(update={"model": "majority"})
        first, second = (fit(dataset, runs=workspace / "runs", settings=s).run for s in (worlds.SETTINGS, majority))
        made = {"report": report(first), "index": write_index(first.path.parent)}
        words = ["compare", first.id, second.id, "--workspace", str(workspace)]
        CliRunner().invoke(group, words, catch_exceptions=False)
        (compared,) = workspace.glob("runs/*/compare.html")
        yield made | {"compare": compared}


@pytest.fixture(scope="module", params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    found = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=request.param)
    yield found
    found.close()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(page: Page, pages: dict[str, Path], name: str) -> None:
    page.goto(pages[name].as_uri())
    assert serious(page, "html") == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_and_runs_nothing(page: Page, pages: dict[str, Path], name: str) -> None:
    asked: list[str] = []
    said: list[Any] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(pages[name].as_uri())
    page.wait_for_load_state("networkidle")
    assert asked == [pages[name].as_uri()]
    assert said == []
    handlers = "element => element.getAttributeNames().some(name => name.startsWith('on'))"
    assert page.evaluate(f"[...document.querySelectorAll('*')].filter({handlers}).length") == 0
    assert page.locator("script, link, img, iframe, object, embed").count() == 0


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1280, 800, 400])
def test_nothing_is_cut_off(page: Page, pages: dict[str, Path], name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(pages[name].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # On a desk and a tablet the index needs no scrolling within.
    if name == "index" and width >= 800:
        wide = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length"
        assert page.evaluate(wide) == 0


def test_each_part_is_found_from_the_top(page: Page, pages: dict[str, Path]) -> None:
    page.goto(pages["report"].as_uri())
    addresses = [link.get_attribute("href") for link in page.locator("nav a").all()]
    assert {"#sentences-1", "#audits-1", "#receipts"} <= set(addresses)
    assert all(page.locator(str(address)).count() == 1 for address in addresses)
    titles = page.locator("#sentences-1 ~ h3").all_inner_texts()
    expected = ["Surest and right", "Surest and wrong", "Abstained", "Most disputed"]
    assert all(title.startswith(start) for title, start in zip(titles, expected, strict=False))

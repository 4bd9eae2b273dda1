"""The labeling page as a person uses it: signing in, keys, waiting for the next sentence."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, TimeoutError, expect

SENTENCE = ".sl-sentence"
# A busy machine is slow, and nothing here measures time.
expect.set_options(timeout=60_000)
_ANOTHER = """seen => {
    const now = document.querySelector('.sl-sentence')?.innerText.trim();
    return now && !seen.includes(now);
}"""

_CONTRAST = """part => {
    const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (colour) => {
        pixel.clearRect(0, 0, 1, 1); pixel.fillStyle = colour; pixel.fillRect(0, 0, 1, 1);
        return [...pixel.getImageData(0, 0, 1, 1).data];
    };
    const light = (channel) => channel <= 10.31475 ? channel / 3294.6 : ((channel / 255 + 0.055) / 1.055) ** 2.4;
    const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
    const under = (one) => {
        for (; one; one = one.parentElement) {
            const found = rgba(getComputedStyle(one).backgroundColor);
            if (found[3] === 255) return found;
        }
        return [255, 255, 255, 255];
    };
    const written = (one) => one.value || [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    return [...part.querySelectorAll('*')].filter((one) => written(one) && one.checkVisibility()).map((one) => {
        const two = [luminance(rgba(getComputedStyle(one).color)), luminance(under(one))];
        return (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
    });
}"""


def sign_in(page: Page, url: str, email: str, password: str) -> None:
    """Sign in by keys."""
    page.goto(f"{url}/user/login/")
    page.keyboard.press("Tab")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "login" not in address)


def choose(page: Page, key: str, label: str) -> None:
    """Press a key until its answer is marked: in the first moment of a new sentence the page may miss one."""
    choice = page.locator(f'input[type=radio][name="{label}"]')
    for _ in range(5):
        page.keyboard.press(key)
        try:
            expect(choice).to_be_checked(timeout=3_000)
        except AssertionError:
            continue
        return
    pytest.fail(f"key {key!r} did not choose {label!r}")


def start(page: Page, url: str, project: int) -> None:
    """Open a project's stream of sentences."""
    page.goto(f"{url}/projects/{project}/data?labeling=1")
    page.locator(SENTENCE).wait_for(timeout=60_000)


def next_sentence(page: Page, seen: list[str]) -> str:
    """The text of the sentence on the page, once it is none of those seen before."""
    page.wait_for_function(_ANOTHER, arg=seen)
    return page.locator(SENTENCE).inner_text().strip()


def submit(page: Page, key: str = "Control+Enter") -> None:
    """Submit (or skip) the sentence, again if the page missed the key, until it is gone."""
    text = page.locator(SENTENCE).inner_text()
    for _ in range(5):
        page.keyboard.press(key)
        try:
            page.wait_for_function(
                "text => document.querySelector('.sl-sentence')?.innerText !== text", arg=text, timeout=10_000
            )
        except TimeoutError:
            continue
        return
    pytest.fail(f"{key} did not submit: {page.inner_text('body')[:2000]}")


def go(page: Page, key: str, seen: list[str]) -> str:
    """Press a key that brings another sentence, again if the page missed it; the text of that sentence."""
    for _ in range(5):
        page.keyboard.press(key)
        try:
            page.wait_for_function(_ANOTHER, arg=seen, timeout=10_000)
        except TimeoutError:
            continue
        return page.locator(SENTENCE).inner_text().strip()
    pytest.fail(f"key {key!r} brought no other sentence")


def wait_for_the_end(page: Page) -> None:
    """Until the page says that nothing is left."""
    page.get_by_text("No more tasks").or_(page.get_by_text("All done")).or_(
        page.get_by_text("no more", exact=False)
    ).first.wait_for(timeout=60_000)


def readable(page: Page, part: str) -> bool:
    """Whether the text of a part has the contrast of WCAG 2 (AA); axe gives up where another element lies over it."""
    found = page.locator(part).evaluate(_CONTRAST)
    return bool(found) and min(found) >= 4.5


def serious(page: Page, part: str) -> list[str]:
    """What axe finds serious or worse in a part of the page."""
    found = Axe().run(page, context={"include": [[part]]}).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")]

"""The attrition of a build, drawn: one small page of HTML with an inline SVG, that loads nothing."""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from corpus.stats.summary import attrition_row

_WIDTH, _LABEL, _NUMBER, _ROW, _BAR = 860, 330, 150, 30, 16
_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --faint: #6b7686; --line: #dfe4ea; --left: #2f6f9f; --gone: #d9822b;
  --page: #ffffff }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --faint: #9aa5b4; --line: #333c48; --left: #6aaede;
  --gone: #e8a257; --page: #161b22 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 860px;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
svg { width: 100%; height: auto } text { font: 13px system-ui, sans-serif; fill: var(--ink) }
.left { fill: var(--left) } .gone { fill: var(--gone) } .faint { fill: var(--faint); color: var(--faint) }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid var(--line); font-weight: normal }
th { color: var(--faint) } th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere }
"""


def page(found: Mapping[str, Any]) -> str:
    """The page for what :func:`corpus.stats.summary.stats` found. All text in it is escaped: outlets are untrusted."""
    html = ET.Element("html", lang="en")
    head = ET.SubElement(html, "head")
    ET.SubElement(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    ET.SubElement(head, "title").text = "Corpus: what is in it, and what was dropped"
    ET.SubElement(head, "style").text = _STYLE
    body = ET.SubElement(html, "body")
    ET.SubElement(
        body, "h1"
    ).text = f"{found['sentences']:,} sentences of {found['documents']:,} documents, {found['clusters']:,} clusters"
    if found["published"]:
        ET.SubElement(body, "p", {"class": "faint"}).text = "Published {} to {}.".format(*found["published"])
    ET.SubElement(body, "h2").text = "What was dropped, and why"
    body.append(_drawing(found["attrition"]))
    rows = [(name, gone, f"{left:,}") for name, gone, left in map(attrition_row, found["attrition"])]
    body.append(_table(("step", "dropped", "left"), rows))
    if found["flags"]:
        ET.SubElement(body, "h2").text = "Flagged by a filter, and kept"
        body.append(_table(("filter", "sentences"), ((name, f"{n:,}") for name, n in found["flags"].items())))
    if found["copies"]["clusters"]:
        ET.SubElement(body, "h2").text = "The largest clusters of copied documents"
        rows = [
            (row["title"] or row["doc_id"], str(row["outlets"]), str(row["documents"]))
            for row in found["copies"]["largest"]
        ]
        body.append(_table(("one of them", "outlets", "documents"), rows))
    if found["repeated"]:
        ET.SubElement(body, "h2").text = "Repeated by an outlet"
        rows = [(row["text"], row["outlet"] or "(unknown)", f"{row['documents']:,}") for row in found["repeated"]]
        body.append(_table(("sentence", "outlet", "documents"), rows))
    for title in ("outlets", "events", "languages"):
        ET.SubElement(body, "h2").text = title.capitalize()
        rows = [(name or "(unknown)", f"{n['documents']:,}", f"{n['sentences']:,}") for name, n in found[title].items()]
        body.append(_table((title, "documents", "sentences"), rows))
    return "<!DOCTYPE html>\n" + ET.tostring(html, encoding="unicode", method="html") + "\n"


def _drawing(rows: list[dict[str, Any]]) -> ET.Element:
    """A bar for each row of the attrition: what was left, and behind it what this step took."""
    size = {"viewBox": f"0 0 {_WIDTH} {_ROW * len(rows) + 4}", "role": "img"}
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "aria-label": "Attrition by step"})
    most = {of: max(row["left"] + row["dropped"] for row in rows if row["of"] == of) for of in {r["of"] for r in rows}}
    room = _WIDTH - _LABEL - _NUMBER
    for number, row in enumerate(rows):
        top, scale = number * _ROW + 4, room / max(1, most[row["of"]])
        label, gone, left = attrition_row(row)
        line = ET.SubElement(svg, "g")
        ET.SubElement(line, "title").text = f"{label.strip()}: {row['dropped']:,} dropped, {left:,} left"
        indent = 14 if row["reason"] else 0
        place = {"x": str(indent), "y": str(top + _BAR - 3)}
        ET.SubElement(line, "text", place).text = _cut(label.strip())
        kept, lost = left * scale, row["dropped"] * scale
        bar = {"y": str(top), "height": str(_BAR), "rx": "2"}
        ET.SubElement(line, "rect", {**bar, "class": "left", "x": str(_LABEL), "width": f"{kept:.1f}"})
        if row["dropped"]:
            # What went is seen, however little it was.
            width = f"{max(lost, 1.5):.1f}"
            ET.SubElement(line, "rect", {**bar, "class": "gone", "x": f"{_LABEL + kept:.1f}", "width": width})
        end = {"x": f"{_LABEL + kept + lost + 8:.1f}", "y": str(top + _BAR - 3), "class": "faint"}
        ET.SubElement(line, "text", end).text = f"{left:,}" + (f"  ({gone})" if gone else "")
    return svg


def _cut(label: str, most: int = 46) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> ET.Element:
    table = ET.Element("table")
    line = ET.SubElement(ET.SubElement(table, "thead"), "tr")
    for cell in head:
        ET.SubElement(line, "th", scope="col").text = cell
    body = ET.SubElement(table, "tbody")
    for row in rows:
        line = ET.SubElement(body, "tr")
        for cell in row:
            ET.SubElement(line, "td").text = cell
    return table

"""The page for the lead: who and which labels need a talk, as pictures; self-contained, in light and dark."""

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from corpus.labels import Labels
from labeling.quality import plots


def render(summary: dict[str, Any], labels: Labels) -> str:
    """The page for a record of :func:`labeling.quality.report.summarize`; every text in it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share: "–" if share is None else f"{share:.0%}"
    environment.globals["figure"] = figure
    people = summary["annotators"]
    names = [record["annotator"] for record in people]
    questions = [
        question | {"title": labels.questions[question["question"]].title or question["question"]}
        | {"plots": _question(question, people, names, labels)}
        for question in summary["questions"]
    ]  # fmt: skip
    page = {
        "people": people,
        "questions": questions,
        "talk": summary["talk"],
        "simulated": [record["annotator"] for record in people if record["simulated"]],
        "plots": _pace(people, names) | _known(people, names),
    }
    return environment.get_template("quality.html").render(page)


def figure(estimate: dict[str, Any]) -> str:
    """``0.71 [0.66, 0.75]``, or why it is undefined."""
    if estimate["value"] is None:
        return f"undefined ({estimate['note']})"
    interval = f" [{estimate['low']:.2f}, {estimate['high']:.2f}]" if estimate["low"] is not None else ""
    return f"{estimate['value']:.2f}{interval}"


def _drawn(picture: str) -> Markup:
    # matplotlib escapes every text that it draws.
    return Markup(picture)  # noqa: S704


def _pace(people: list[dict[str, Any]], names: list[str]) -> dict[str, Markup]:
    seconds = [record["seconds"] for record in people]
    return {"pace": _drawn(plots.pace(names, seconds))} if any(seconds) else {}


def _known(people: list[dict[str, Any]], names: list[str]) -> dict[str, Markup]:
    systems = {
        title: [record[key] for record in people]
        for key, title in (("gold", "known answers"), ("retest", "second answers"))
        if any(record[key]["items"] for record in people)
    }
    return {"known": _drawn(plots.estimates(names, systems, "share and 95 % interval"))} if systems else {}


def _question(
    question: dict[str, Any], people: list[dict[str, Any]], names: list[str], labels: Labels
) -> dict[str, Markup]:
    name = question["question"]
    own = [record["label"] for record in question["labels"]]
    colours = {label: labels.colour(name, label) for label in own}
    total = {record["label"]: record["share"] for record in question["labels"]}
    kappas = {"kappa with the others": [record["with_others"][name] for record in people]}
    alphas = {"the label against all others": [record["alpha"] for record in question["labels"]]}
    weeks = {"alpha": [week["alpha"] for week in question["weeks"]]}
    drawn = {
        "others": plots.estimates(names, kappas, "Cohen's kappa and 95 % interval"),
        "shares": plots.stacked(
            ["everybody", *names], [total, *(record["shares"][name] for record in people)], colours
        ),
        "labels": plots.estimates(own, alphas, "Krippendorff's alpha and 95 % interval"),
        "confusion": plots.beside(own, question["confusion"]),
    }
    if len(question["weeks"]) > 1:
        axis = "Krippendorff's alpha and 95 % interval"
        drawn["weeks"] = plots.estimates([week["week"] for week in question["weeks"]], weeks, axis)
    return {key: _drawn(picture) for key, picture in drawn.items()}

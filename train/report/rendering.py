"""The templates of all pages: what is put in is escaped, and numbers carry their ids."""

from collections.abc import Mapping
from pathlib import Path

import jinja2

from train.evaluation.citations import VERDICTS, cited, of_100, said, shown
from train.evaluation.receipts import Number, pointer
from train.numbers import counted, interval, number


def environment(known: Mapping[str, Number]) -> jinja2.Environment:
    """Templates that escape what they are given, and cite the numbers of ``known`` by their ids."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(number=number)
    made.globals.update(
        interval=interval,
        plural=counted,
        pointer=pointer,
        verdicts=VERDICTS,
        cite=lambda name, digits=2: cited(name, known[name], shown(known[name], digits)),
        say=lambda name, sentence: said(name, sentence, known),
        cite_whole=lambda name: cited(name, known[name], str(known[name])),
        cite_of_100=lambda name: cited(name, known[name], of_100(known[name])),
    )
    return made

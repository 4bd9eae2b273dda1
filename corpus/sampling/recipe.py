"""What a batch was asked to be: whether that can be, and the recipe to draw it again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from corpus.errors import UsageError, listed
from corpus.files import sha256_file
from corpus.sampling.choosing import NO_LIMITS, Limits, Measure, Shares
from corpus.sampling.sealed import TEST
from corpus.sampling.strategies import MODEL, STRATEGIES, TYPICLUST
from corpus.workspace import checked_name

STRATIFIED = "stratified"
_STRATEGIES = (*STRATEGIES, STRATIFIED)


@dataclass(frozen=True)
class Asked:
    """How a batch is to be drawn, as the command was told: the fields of :func:`corpus.sampling.draw.sample`."""

    strategy: str
    by: tuple[str, ...]
    n: int | None
    seed: int
    test: bool
    shares: Shares = "proportional"
    predictions: Path | None = None
    question: str | None = None
    measure: Measure = "margin"
    limits: Limits = NO_LIMITS

    def recipe(self, tables: Mapping[str, Path]) -> dict[str, Any]:
        """What it takes to draw the batch again. What was not asked for is not in it, so old recipes stay equal."""
        recipe: dict[str, Any] = {
            "format_version": 1, "strategy": self.strategy, "by": list(self.by), "n": self.n, "seed": self.seed,
            "test": self.test, "corpus": {name: sha256_file(path) for name, path in tables.items()},
        }  # fmt: skip
        if self.shares != "proportional":
            recipe["shares"] = self.shares
        if self.predictions is not None:
            recipe |= {"question": self.question, "measure": self.measure}
            recipe["predictions"] = sha256_file(self.predictions)
        limits = {name: value for name, value in asdict(self.limits).items() if value is not None}
        return recipe | {name: value if isinstance(value, int) else value.isoformat() for name, value in limits.items()}


def check(asked: Asked, name: str | None) -> None:
    """Refuse with a :class:`~corpus.errors.UsageError` what does not fit together."""
    if asked.strategy not in _STRATEGIES:
        raise UsageError(f"no strategy {asked.strategy!r}; there are: {listed(_STRATEGIES)}")
    if (asked.strategy == STRATIFIED) != bool(asked.by):
        raise UsageError("--strategy stratified and --by COLUMN,... belong together")
    if asked.shares == "equal" and not asked.by:
        raise UsageError("--shares equal needs strata: name their columns with --by COLUMN,...")
    with_model = asked.predictions is not None
    if (asked.strategy in MODEL and not with_model) or (with_model and asked.strategy not in {*MODEL, TYPICLUST}):
        raise UsageError(
            f"--predictions FILE and a strategy that looks at a model belong together: {', '.join(sorted(MODEL))} need "
            f"it, {TYPICLUST} may have it, others do not take it"
        )
    # Copies stay sealed however many of them are labelled: a limit for them chooses nothing.
    limits = replace(asked.limits, per_cluster=None)
    if asked.test and (asked.strategy != "random" or name not in (None, TEST) or limits != NO_LIMITS):
        raise UsageError(
            "the test set is drawn at random from the whole corpus and is named test: leave out --strategy, --by and "
            "--name, predictions and all limits but --per-cluster. A test that a model or a rule chose says nothing "
            "about the corpus"
        )
    if name is not None:
        checked_name("batch", name)
        if name == TEST and not asked.test:
            raise UsageError("the name test is kept for the sealed test set: draw it with --test")


def check_new(name: str | None, there: Mapping[str, Any], asked: Asked) -> None:
    """Refuse what the batches that are ``there`` do not allow, and say why."""
    if name in there:
        what = "the test set is drawn once" if asked.test else "choose another --name"
        raise UsageError(f"batch {name} is there already, drawn in another way or from another corpus: {what}")
    if asked.test and there:
        raise UsageError(f"the test set is drawn before any other batch, and there are: {listed(there)}")
    if asked.predictions is not None and TEST not in there:
        todo = (
            f"There are batches already ({listed(there)}), so it is too late here: draw at random, or begin a "
            "workspace of its own with --test"
            if there
            else "Draw it first: stance corpus sample N --test"
        )
        raise UsageError(
            "no test set is sealed, and a model must not choose sentences before: those that it finds hard would get "
            f"into the test, and its scores would say nothing about the corpus. {todo}"
        )


def stored(path: Path) -> dict[str, Any]:
    """The recipe beside a batch; empty where it is lost."""
    try:
        recipe = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return recipe if isinstance(recipe, dict) else {}


def as_asked(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for, without the batches that were there then and the hash of what was drawn."""
    return {key: value for key, value in recipe.items() if key not in ("after", "sha256")}

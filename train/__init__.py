"""Classifiers of stance and source type: features, models, evaluation, report.

>>> import train
>>> train.load("news-v1-hybrid-0a1b2c3d").predict(["Moscow was right to answer."])  # doctest: +SKIP
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from sklearn.pipeline import Pipeline

    from corpus.workspace import Workspace
    from train.run import Run


# Sentences that are answered at once.
_ROWS = 1000


@dataclass(frozen=True)
class Model:
    """A fitted run, ready to predict.

    Parameters
    ----------
    run : Run
        The run it comes from.
    """

    run: Run

    @cached_property
    def pipelines(self) -> dict[str, Pipeline]:
        """The scikit-learn pipeline of each question; read and checked once."""
        return self.run.answering().models()

    @cached_property
    def _answerers(self) -> dict[str, Any]:
        return self.run.answering().answerers()

    def predict(self, sentences: Iterable[str] | pd.DataFrame) -> pd.DataFrame:
        """Labels and probabilities.

        Parameters
        ----------
        sentences : iterable of str, or pandas.DataFrame
            Texts, or a table with ``text`` and perhaps ``target``; see :func:`train.texts.as_table`.

        Returns
        -------
        pandas.DataFrame
            Indexed by (question, row), rows counted from 0: label, and p_LABEL for each label of any question.
        """
        import pandas as pd

        from train.predict import answered
        from train.texts import as_table

        rows = as_table(sentences)
        # A block for all questions, then the next: of a block its vectors are held in memory.
        blocks = [rows[at : at + _ROWS] for at in range(0, max(1, len(rows)), _ROWS)]
        found = [{name: answered(model, block) for name, model in self._answerers.items()} for block in blocks]
        parts = {name: pd.concat([one[name] for one in found]) for name in self._answerers}
        return pd.concat(parts, names=["question", "row"])

    def evaluate(self) -> dict[str, Any]:
        """Scores on the test split with their intervals, by question; written to the run's metrics.json too."""
        from train.evaluation.evaluate import evaluate

        found: dict[str, Any] = evaluate(self.run).metrics["questions"]
        return found

    def report(self) -> Path:
        """Write the run's report.html, after evaluating it, its PDF and the index of runs; the path of the page.

        The others lie beside it: ``report.pdf`` (where the machine has Chromium), ``../index.html``.
        """
        from train.report.published import publish

        return publish(self.run).report


def learn(dataset: str | Path, *, question: str | None = None, **settings: Any) -> Model:
    """Fit a model for each question of a dataset version; the same again gives the run that is there.

    Parameters
    ----------
    dataset : str or Path
        A folder, NAME/VERSION, or NAME for its newest version, in the workspace.
    question : str, optional
        Fit this one only.
    **settings
        As in ``configs/train.yaml``, such as ``model="hybrid"`` or ``seed=7``.

    Raises
    ------
    NotFound
        There is no such dataset.
    UsageError
        There is no such model, question or setting, or a setting is of the wrong kind.
    """
    from corpus.config import checked
    from corpus.versions.dataset import load as load_dataset
    from train.fit import fit
    from train.settings import TrainSettings

    workspace = _workspace()
    version = load_dataset(workspace.dataset(str(dataset)))
    chosen = checked(settings, TrainSettings, "train.learn")
    return Model(fit(version, runs=workspace.runs, settings=chosen, questions=(question,) if question else None).run)


def load(run: str | Path) -> Model:
    """The models of a run.

    Parameters
    ----------
    run : str or Path
        Its folder, or its ID in the workspace (STANCE_WORKSPACE, or ``workspace``).

    Raises
    ------
    NotFound
        There is no such run.
    """
    from train.run import load as load_run

    return Model(load_run(_workspace().run(str(run))))


def _workspace() -> Workspace:
    from corpus.workspace import Workspace

    return Workspace(Path(os.environ.get("STANCE_WORKSPACE", "workspace")).resolve())

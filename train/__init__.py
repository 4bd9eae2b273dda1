"""Classifiers of stance and source type: features, models, evaluation, report.

>>> import train
>>> train.load("news-v1-hybrid-0a1b2c3d").predict(["Moscow was right to answer."])  # doctest: +SKIP
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from sklearn.pipeline import Pipeline

    from train.run import Run


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
        return self.run.models()

    def predict(self, sentences: Iterable[str] | pd.DataFrame) -> pd.DataFrame:
        """Labels and probabilities.

        Parameters
        ----------
        sentences : iterable of str, or pandas.DataFrame
            Texts, or a table with ``text`` and perhaps ``target``; see :func:`train.inputs.as_table`.

        Returns
        -------
        pandas.DataFrame
            Indexed by (question, row), rows counted from 0: label, and p_LABEL for each label of any question.
        """
        import pandas as pd

        from train.crossfit import predicted
        from train.inputs import as_table

        rows = as_table(sentences)
        parts = {name: predicted(model, rows, tuple(model.classes_)) for name, model in self.pipelines.items()}
        return pd.concat(parts, names=["question", "row"])


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
    from corpus.workspace import Workspace
    from train.run import load as load_run

    workspace = Workspace(Path(os.environ.get("STANCE_WORKSPACE", "workspace")).resolve())
    return Model(load_run(workspace.run(str(run))))

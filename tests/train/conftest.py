"""A dataset version and settings for the tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from train_datasets import rows, write_dataset

from corpus.versions.dataset import Dataset
from train.settings import TfidfSettings, TrainSettings


def without_audits(
    of: Any, dataset: Any, measured: dict[str, Any], advance: Any = None, camp: Any = ()
) -> dict[str, Any]:
    """What :func:`train.audits.audits` says where there is no audit."""
    return {question: {} for question in measured["questions"]}


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of graphs and vectors that is not the user's; made once, as preparing an encoder takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STANCE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _no_audits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluating without its audits, which take seconds; a test that asks for ``audited`` has them."""
    if "audited" not in request.fixturenames:
        for module in ("evaluate", "verify"):
            monkeypatch.setattr(f"train.evaluation.{module}.audits", without_audits)


@pytest.fixture
def settings() -> TrainSettings:
    """Few draws and features, so that tests are fast."""
    return TrainSettings(
        model="tfidf", bootstrap_draws=200, tfidf=TfidfSettings(word_ngrams=(1, 1), char_ngrams=(3, 3))
    )


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """30 documents of 6 sentences, two questions."""
    return write_dataset(tmp_path / "datasets" / "demo" / "v1", rows())


@pytest.fixture
def make_dataset(tmp_path: Path) -> Callable[..., Dataset]:
    """``make_dataset(data, simulated=..., labels=...)`` writes further ones."""

    def make(data: pd.DataFrame, name: str = "other", **options: object) -> Dataset:
        return write_dataset(tmp_path / "datasets" / name / "v1", data, **options)

    return make

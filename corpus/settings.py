"""``configs/corpus.yaml`` as a checked record; the file says what each setting does."""

from typing import Literal

from pydantic import Field

from corpus.config import Settings


class Segmenting(Settings):
    """How text becomes sentences."""

    language: str = "en"
    single_line_share: float = Field(default=0.9, ge=0, le=1)
    headline_words: int = Field(default=25, ge=0)


class Filters(Settings):
    """What is no sentence worth labeling."""

    min_letters: int = Field(default=1, ge=0)


class Duplicates(Settings):
    """What counts as the same sentence."""

    threshold: float = Field(default=0.6, gt=0, le=1)
    near_from_words: int = Field(default=6, ge=1)


class Sampling(Settings):
    """How batches are drawn."""

    seed: int = Field(default=2026, ge=0)


class Split(Settings):
    """How a released dataset is divided."""

    by: str = "cluster"
    test_share: float = Field(default=0.2, gt=0, lt=1)
    folds: int = Field(default=5, ge=2)
    missing_label: Literal["refuse", "note"] = "refuse"
    seed: int = Field(default=2026, ge=0)


class CorpusSettings(Settings):
    """Everything in ``configs/corpus.yaml``."""

    segmenting: Segmenting = Segmenting()
    filters: Filters = Filters()
    duplicates: Duplicates = Duplicates()
    sampling: Sampling = Sampling()
    split: Split = Split()

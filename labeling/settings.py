"""The settings of ``configs/labeling.yaml``."""

from collections.abc import Mapping

from pydantic import Field

from corpus.config import Settings


class LabelingSettings(Settings):
    """How sentences are handed out, and how agreement is estimated."""

    overlap: int = Field(default=3, ge=1, le=100)
    training_bar: float = Field(default=0.7, ge=0, le=1)
    retest_after_days: int = Field(default=14, ge=0, le=3650)
    draws: int = Field(default=1000, ge=100, le=100_000)
    seed: int = Field(default=20260101, ge=0)
    min_probability: float = Field(default=0.5, ge=0, le=1)


class LabelMap(Settings):
    """A file for ``stance label push --migrate``: question -> old label -> new label, or null to label again."""

    questions: Mapping[str, Mapping[str, str | None] | None]

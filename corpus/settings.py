"""``configs/corpus.yaml`` as a checked record; the file says what each setting does."""

from typing import Literal

from pydantic import Field

from corpus.config import Settings

ColumnName = Literal[
    "text",
    "id",
    "title",
    "outlet",
    "byline",
    "published_at",
    "url",
    "language",
    "event",
    "target",
    "target_start",
    "split",
]


class Sources(Settings):
    """How files become records."""

    columns: dict[ColumnName, str] = Field(default_factory=dict)
    date_order: Literal["auto", "dmy", "mdy"] = "auto"
    languages: tuple[str, ...] = ("en", "ru", "uk", "de", "fr", "es")
    outlets: str = ""
    record_mb: int = Field(default=64, ge=1)
    unpacked_gb: int = Field(default=64, ge=1)
    unpacked_ratio: int = Field(default=200, ge=1)


class Segmenting(Settings):
    """How text becomes sentences."""

    language: str = "en"
    single_line_share: float = Field(default=0.9, ge=0, le=1)
    headline_words: int = Field(default=25, ge=0)


Action = Literal["drop", "flag", "off"]


class Filters(Settings):
    """What is no sentence worth labeling: what each filter does, and what it looks for."""

    no_letters: Action = "drop"
    too_short: Action = "flag"
    too_long: Action = "flag"
    wrong_language: Action = "flag"
    boilerplate: Action = "flag"
    navigation: Action = "flag"
    caption: Action = "flag"
    boilerplate_texts: tuple[str, ...] = ()
    min_letters: int = Field(default=1, ge=0)
    min_words: int = Field(default=3, ge=0)
    max_words: int = Field(default=100, ge=1)
    languages: tuple[str, ...] = ()


class Duplicates(Settings):
    """What counts as a copy of a sentence or a document."""

    threshold: float = Field(default=0.6, gt=0, le=1)
    near_from_words: int = Field(default=6, ge=1)
    rewritten: float = Field(default=0.75, gt=0, le=1)
    coverage: float = Field(default=0.4, gt=0, le=1)
    aligned: float = Field(default=0.4, gt=0, le=1)
    stock_documents: int = Field(default=5, ge=2)


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

    sources: Sources = Sources()
    segmenting: Segmenting = Segmenting()
    filters: Filters = Filters()
    duplicates: Duplicates = Duplicates()
    sampling: Sampling = Sampling()
    split: Split = Split()

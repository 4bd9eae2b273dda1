"""The settings of ``configs/train.yaml``."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from corpus.config import Settings

Ngrams = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class TfidfSettings(Settings):
    """Features and penalty of the ``tfidf`` model."""

    word_ngrams: Ngrams = (1, 2)
    char_ngrams: Ngrams = (2, 5)
    min_sentences: int = Field(default=1, ge=1)
    C: float = Field(default=1.0, gt=0)
    max_iterations: int = Field(default=2000, ge=1)

    @field_validator("word_ngrams", "char_ngrams")
    @classmethod
    def _in_order(cls, value: tuple[int, int]) -> tuple[int, int]:
        if value[0] > value[1]:
            raise ValueError("the shortest n-gram comes first")
        return value


class EncoderSettings(Settings):
    """Which sentence encoder the models ``encoder`` and ``hybrid`` use."""

    folder: str = ""
    layers: tuple[Annotated[int, Field(ge=1)], ...] = Field(default=(4, 5, 6), min_length=1)
    sides: bool = False
    context: tuple[Literal["title", "before", "after"], ...] = ()
    context_weight: float = Field(default=0.3, gt=0)


class KernelSettings(Settings):
    """How the models ``encoder`` and ``hybrid`` compare sentences; see :mod:`train.kernel`."""

    gamma: float = Field(default=0.8, gt=0)
    words: float = Field(default=0.4, ge=0, le=1)
    same_target: float = Field(default=4.0, ge=0)
    exact_up_to: int = Field(default=3000, ge=100)


class FinetunedSettings(Settings):
    """How the model ``finetuned`` is fitted; see :mod:`train.finetuned`."""

    epochs: int = Field(default=4, ge=1)
    rate: float = Field(default=1e-4, gt=0)
    batch: int = Field(default=16, ge=1)


class EnoughSettings(Settings):
    """What the test rows must reach before a conclusion is drawn from them."""

    test_sentences: int = Field(default=100, ge=1)
    test_documents: int = Field(default=20, ge=2)
    sentences_per_label: int = Field(default=10, ge=1)
    interval_width: float = Field(default=0.2, gt=0, le=1)


class TrainSettings(Settings):
    """Everything that ``stance train`` can be told."""

    model: str = "hybrid"
    seed: int = Field(default=20260101, ge=0, lt=1 << 32)  # What NumPy's older generator takes, and so scikit-learn.
    tfidf: TfidfSettings = TfidfSettings()
    encoder: EncoderSettings = EncoderSettings()
    kernel: KernelSettings = KernelSettings()
    finetuned: FinetunedSettings = FinetunedSettings()
    # To promise less takes more than 2,000 answers without an error.
    risk: float | None = Field(default=0.1, ge=0.001, lt=1)
    bootstrap_draws: int = Field(default=2000, ge=100)
    enough: EnoughSettings = EnoughSettings()

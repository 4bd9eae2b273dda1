"""Which settings a search tries for a model, and over which range."""

from collections.abc import Sequence
from typing import Any

from train.settings import TrainSettings

_WORDS = {"1": (1, 1), "1-2": (1, 2), "1-3": (1, 3)}
_CHARACTERS = {"2-4": (2, 4), "2-5": (2, 5), "3-5": (3, 5), "3-6": (3, 6)}


def suggested(trial: Any, settings: TrainSettings, models: Sequence[str], *, targets: bool) -> TrainSettings:
    """``settings`` with what a trial of Optuna draws for one of ``models``.

    Only what the model looks at is drawn, and ``same_target`` only where rows have targets. Penalty, calibration and
    decision of the kernel models are chosen inside each fit already.
    """
    model = trial.suggest_categorical("model", list(models)) if len(models) > 1 else models[0]
    tfidf: dict[str, Any] = {}
    kernel: dict[str, Any] = {}
    if model in ("tfidf", "metadata"):
        tfidf["C"] = trial.suggest_float("C", 0.03, 30.0, log=True)
    if model in ("tfidf", "hybrid"):
        tfidf["word_ngrams"] = _WORDS[trial.suggest_categorical("word_ngrams", list(_WORDS))]
        tfidf["char_ngrams"] = _CHARACTERS[trial.suggest_categorical("char_ngrams", list(_CHARACTERS))]
        tfidf["min_sentences"] = trial.suggest_int("min_sentences", 1, 3)
    if model in ("encoder", "hybrid"):
        kernel["gamma"] = trial.suggest_float("gamma", 0.2, 3.0, log=True)
        if targets:
            kernel["same_target"] = trial.suggest_float("same_target", 0.0, 8.0)
    if model == "hybrid":
        kernel["words"] = trial.suggest_float("words", 0.0, 0.8)
    parts = {
        "model": model,
        "tfidf": settings.tfidf.model_copy(update=tfidf),
        "kernel": settings.kernel.model_copy(update=kernel),
    }
    return settings.model_copy(update=parts)

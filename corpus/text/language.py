"""The language of a text, told offline."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from corpus.errors import UsageError, listed

# More text does not change the answer.
_ENOUGH = 2000

# How sources write them, beside the code.
_CODES = {
    name: code
    for code, names in {
        "en": "eng english английский англ", "ru": "rus russian русский рус",
        "uk": "ukr ukrainian українська украинский",
        "be": "bel belarusian беларуская белорусский", "de": "deu ger german deutsch", "fr": "fra fre french français",
        "es": "spa spanish español", "it": "ita italian italiano", "pt": "por portuguese português",
        "pl": "pol polish polski", "tr": "tur turkish türkçe", "ar": "ara arabic العربية", "zh": "zho chi chinese 中文",
    }.items()
    for name in names.split()
}  # fmt: skip


def code(given: str) -> str | None:
    """The ISO 639-1 code of a language as a source writes it (``EN``, ``en_US``, ``eng``, ``English``), or None."""
    name = re.split(r"[-_\s(]", given.strip().casefold())[0]
    return _CODES.get(name) or (name if re.fullmatch("[a-z]{2}", name) else None)


def language(
    text: str, candidates: Sequence[str], *, min_letters: int = 12, min_probability: float = 0.8
) -> str | None:
    """The ISO 639-1 code of the language of ``text``; None where that is not sure.

    Parameters
    ----------
    candidates : sequence of str
        The languages that can be: the fewer, the surer, above all for short texts.
    min_letters, min_probability
        What is sure enough.

    Raises
    ------
    UsageError
        A candidate is no language of the model.

    Notes
    -----
    By py3langid (Lui & Baldwin, "langid.py: An Off-the-shelf Language Identification Tool", ACL 2012): 4.6 MB, nothing
    is downloaded. On 3,000 headlines among eight languages it is right for 99.4 % in 0.05 ms each; lingua for 99.2 % in
    0.57 ms, with 96 MB.
    """
    text = text[:_ENOUGH]
    if sum(map(str.isalpha, text)) < min_letters:
        return None
    found, probability = _identifier(tuple(candidates)).classify(text)
    return str(found) if probability >= min_probability else None


@cache
def _identifier(candidates: tuple[str, ...]) -> Any:
    # The model takes a second to load.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if unknown := sorted(set(candidates) - set(identifier.labels)):
        raise UsageError(f"no language {unknown[0]!r} can be told from others; those that can: {_names(identifier)}")
    identifier.set_languages(list(candidates))
    return identifier


def _names(identifier: Any) -> str:
    return listed(sorted(identifier.labels), 200)

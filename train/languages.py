"""Sentences that the English encoder cannot read, and what is said about them."""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

UNREAD = (
    "Some sentences are not in Latin letters, and the default encoder reads English only. Of these sentences hybrid "
    "and tfidf use words and pieces of words, encoder and finetuned nothing. Name a multilingual encoder in "
    "configs/train.yaml (encoder: folder) to have them read."
)

_LATIN = "a-zA-Z\u00aa-\u024f\u1e00-\u1eff"
_LATIN_LETTER, _OTHER_LETTER = re.compile(f"[{_LATIN}]"), re.compile(rf"[^\W\d_{_LATIN}]")


class LanguageWarning(UserWarning):
    """A model is given sentences in a language that its encoder does not know."""


def is_latin(text: str) -> bool:
    """Whether at least half of a text's letters are Latin; True without letters."""
    return len(_OTHER_LETTER.findall(text)) <= len(_LATIN_LETTER.findall(text))


def warn_unread() -> None:
    """Warn that some sentences are not read by the encoder."""
    warnings.warn(UNREAD, LanguageWarning, stacklevel=2)


@contextmanager
def said(note: Callable[[str], None]) -> Iterator[None]:
    """Hand such warnings to ``note``, each once."""
    with warnings.catch_warnings():
        shown, told = warnings.showwarning, set[str]()

        def show(message: Warning | str, category: type[Warning], *rest: Any) -> None:
            if not issubclass(category, LanguageWarning):
                shown(message, category, *rest)
            elif str(message) not in told:
                told.add(str(message))
                note(str(message))

        warnings.showwarning = show  # type: ignore[assignment]
        warnings.simplefilter("always", LanguageWarning)
        yield

"""Which sentence of the corpus an answer of a file is about."""

from collections.abc import Sequence

import pandas as pd

from corpus.documents import target_start
from corpus.tables import DOCUMENTS
from corpus.text.normalize import normalize
from labeling.exchange.answer import Given

_NO_NAME = "names no sentence"
NO_SENTENCE_ID = "no sentence of the corpus has this sentence_id"
NO_ID = "no record of the corpus has this id"
NO_TEXT = "no sentence of the corpus has this text"
SEVERAL = "its record has several sentences, and the text is none of them: give text or sentence_id"
TARGETS = "several sentences have this text, about different targets: give target, id or sentence_id"
PLACES = "several sentences have this text and target, at different places: give target_start, id or sentence_id"
NO_TARGET = "no sentence of the corpus has this text and this target"


class Sentences:
    """The sentences of a corpus by every name that a file may use.

    Parameters
    ----------
    sentences, documents : DataFrame
        Those tables.
    """

    def __init__(self, sentences: pd.DataFrame, documents: pd.DataFrame) -> None:
        self._known = set(sentences["sentence_id"])
        of_document = DOCUMENTS.completed(documents).set_index("doc_id")[["record_id", "target", "target_start"]]
        joined = sentences[["sentence_id", "doc_id", "start", "text"]].join(of_document, on="doc_id")
        self._text = dict(zip(joined["sentence_id"], joined["text"], strict=True))
        self._target = dict(zip(joined["sentence_id"], joined["target"].fillna("").str.strip(), strict=True))
        self._place = target_start(joined).set_axis(joined["sentence_id"]).dropna().to_dict()
        self._by_record = _grouped(joined["record_id"], joined["sentence_id"])
        self._by_text = _grouped(joined["text"], joined["sentence_id"])
        self._normal: dict[str, str] = {}

    def find(self, given: Given) -> tuple[str | None, str]:
        """The sentence_id, or None and the reason why there is none.

        ``sentence_id`` wins over ``id``, and that over ``text``, which is compared as the corpus keeps it; one that is
        not known leaves the word to the next. Of several sentences with one text, ``target`` and ``target_start`` say
        which is meant; of those about one target (copies), the first in the order of the table stands for all.
        """
        reason = _NO_NAME
        if given.sentence_id is not None:
            if given.sentence_id in self._known:
                return given.sentence_id, ""
            reason = NO_SENTENCE_ID
        if given.record_id is not None:
            found = self._by_record.get(given.record_id, ())
            if len(found) > 1 and given.text is not None:
                found = [s for s in found if self._text[s] in self._spellings(given.text)]
            if len(found) == 1:
                return found[0], ""
            if found and given.text is not None:
                return self._about(found, given)
            if given.record_id in self._by_record:
                return None, SEVERAL
            reason = NO_ID
        if given.text is None:
            return None, reason
        copies = next((self._by_text[t] for t in self._spellings(given.text) if t in self._by_text), ())
        if not copies:
            return None, reason if reason != _NO_NAME else NO_TEXT
        return self._about(copies, given)

    def _about(self, copies: Sequence[str], given: Given) -> tuple[str | None, str]:
        """Of sentences with one text the one about what is given, or the first if they are all about the same."""
        if len({self._target[s] for s in copies}) > 1:
            if given.target is None:
                return None, TARGETS
            copies = [s for s in copies if self._target[s] == normalize(given.target).strip()]
            if not copies:
                return None, NO_TARGET
        if given.target_start is None:
            places = {self._place.get(s) for s in copies}
            return (None, PLACES) if len(places) > 1 else (copies[0], "")
        # What was repaired in the text may have moved it.
        start = given.target_start
        return min(copies, key=lambda s: abs(self._place.get(s, float("inf")) - start)), ""

    def _spellings(self, text: str) -> tuple[str, str]:
        """As the corpus would keep it; and with the apostrophe that reading took for the mark of an escaped cell."""
        if text not in self._normal:
            self._normal[text] = normalize(text).strip()
        return self._normal[text], f"'{self._normal[text]}"


def _grouped(names: pd.Series, sentences: pd.Series) -> dict[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for name, sentence in zip(names, sentences, strict=True):
        if isinstance(name, str):
            found.setdefault(name, []).append(sentence)
    return dict(found)

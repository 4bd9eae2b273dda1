"""Label sets that change, for the tests of what becomes of the answers."""

from corpus.labels import Labels


def edited(known: Labels, question: str, **spec: object) -> Labels:
    plain = known.model_dump()
    plain["questions"][question] |= spec
    return Labels.model_validate(plain)

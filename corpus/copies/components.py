"""What hangs together: connected components, and those that keep what is at odds apart."""

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from corpus.copies.minhash import Pairs
from corpus.text.words import at_odds


class Components:
    """Connected components by union-find with path halving; what was never joined is a component of its own."""

    def __init__(self, pairs: Iterable[Sequence[Hashable]] = ()) -> None:
        self._parent: dict[Hashable, Hashable] = {}
        for a, b in pairs:
            self.join(a, b)

    def root(self, item: Hashable) -> Hashable:
        """The item that stands for the component of ``item``."""
        parent = self._parent
        while (above := parent.get(item, item)) != item:
            parent[item] = item = parent.get(above, above)
        return item

    def join(self, a: Hashable, b: Hashable) -> None:
        """Put the components of two items together."""
        a, b = self.root(a), self.root(b)
        if a != b:
            self._parent[a] = b


def unchained(
    pairs: Pairs, similarity: npt.NDArray[np.float64], figures: Mapping[int, frozenset[str]]
) -> npt.NDArray[np.bool_]:
    """Which pairs to keep so that no text without figures brings together texts that are at odds; the best first.

    Parameters
    ----------
    pairs : array of shape (n_pairs, 2)
        Texts by their codes.
    similarity : array of shape (n_pairs,)
    figures : mapping
        The figures in each of the texts.
    """
    joined = Components()
    held: dict[Hashable, set[frozenset[str]]] = {}
    kept = np.zeros(len(pairs), np.bool_)
    for row in np.lexsort((pairs[:, 1], pairs[:, 0], -similarity)).tolist():
        a, b = pairs[row].tolist()
        roots = joined.root(a), joined.root(b)
        one, other = (held.setdefault(root, {figures[text]}) for root, text in zip(roots, (a, b), strict=True))
        kept[row] = roots[0] == roots[1] or not any(at_odds(x, y) for x in one for y in other)
        if kept[row] and roots[0] != roots[1]:
            joined.join(a, b)
            held[joined.root(a)] = one | other
    return kept

"""Groups to sides, so that each side has its share of every label."""

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


def distribute(
    counts: Counts, shares: npt.NDArray[np.float64], least: tuple[int, ...], rng: np.random.Generator
) -> Counts:
    """The side of each group.

    Parameters
    ----------
    counts : array (groups, labels)
        Sentences of each group by label.
    shares : array (sides,)
        What each side should have; sums to one.
    least : tuple of int (sides,)
        How many groups each side gets at least.
    rng : Generator
        Decides between groups of one size.

    Returns
    -------
    array (groups,)
        A side from 0 on. A label that is in as many groups as there are sides is on every side, unless that would
        take another label away.

    Notes
    -----
    Groups go, largest first, to the side where they bring the label counts nearest to what the side should have: the
    greedy idea of scikit-learn's ``StratifiedGroupKFold``, with the chi-square distance so that sides may differ in
    size. A side that still lacks a label then gets the smallest group that another side can spare.
    """
    counts = counts[:, counts.sum(axis=0) > 0]
    target = np.outer(shares, counts.sum(axis=0))
    have = np.zeros_like(target)
    lacking = np.array(least)
    order = rng.permutation(len(counts))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    side = np.zeros(len(counts), dtype=np.int64)
    for position, group in enumerate(order):
        # What the chi-square distance of each side would change by.
        change = ((counts[group] * (2 * (have - target) + counts[group])) / target).sum(axis=1)
        if len(order) - position <= lacking.sum():
            change = np.where(lacking > 0, change, np.inf)
        side[group] = chosen = int(change.argmin())
        have[chosen] += counts[group]
        lacking[chosen] = max(0, lacking[chosen] - 1)
    return _with_every_label(counts, side, least)


def _with_every_label(counts: Counts, side: Counts, least: tuple[int, ...]) -> Counts:
    """``side``, with a group moved to each side that lacks a label which another side has to spare."""
    holds = counts > 0
    # The rarest first: it has the fewest groups to choose from.
    for label in np.argsort(holds.sum(axis=0), kind="stable"):
        for wanting in range(len(least)):
            if holds[side == wanting, label].any():
                continue
            spare = [group for group in np.flatnonzero(holds[:, label]) if _spared(holds, side, group, least)]
            if spare:
                side[min(spare, key=lambda group: counts[group].sum())] = wanting
    return side


def _spared(holds: npt.NDArray[np.bool_], side: Counts, group: int, least: tuple[int, ...]) -> bool:
    """Whether the side of ``group`` keeps all its labels, and groups enough, without it."""
    rest = side == side[group]
    rest[group] = False
    return bool(rest.sum() >= least[side[group]] and not (holds[group] & ~holds[rest].any(axis=0)).any())

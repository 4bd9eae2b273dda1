import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sampling.choosing import Limits, capped, quotas, uncertainty

sizes = st.lists(st.integers(1, 50), min_size=1, max_size=8)


@given(sizes, st.data(), st.sampled_from(["proportional", "equal"]))
def test_quotas_sum_to_what_is_wanted_and_never_exceed_what_is_there(sizes, data, shares):
    wanted = data.draw(st.integers(1, sum(sizes)))
    given_sizes = pd.Series(sizes, [f"s{n}" for n in range(len(sizes))])
    quota = pd.Series(quotas(given_sizes, wanted, shares))
    assert quota.sum() == wanted
    assert (quota <= given_sizes[quota.index]).all()
    if shares == "proportional":
        assert ((quota - given_sizes * wanted / sum(sizes)).abs() < 1).all()
    else:
        # Only a stratum that gave all it had is more than one behind another.
        assert all(quota[name] == given_sizes[name] or quota[name] >= quota.max() - 1 for name in quota.index)


def test_uncertainty_is_one_where_all_are_alike_and_zero_where_one_is_sure():
    rows = np.array([[1 / 3, 1 / 3, 1 / 3], [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])
    assert uncertainty(rows, "margin") == pytest.approx([1, 0, 1])
    assert uncertainty(rows, "entropy") == pytest.approx([1, 0, np.log(2) / np.log(3)])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=40), st.integers(1, 3), st.integers(1, 3))
def test_caps_hold_and_drop_nothing_that_would_fit(pairs, per_document, per_cluster):
    rows = pd.DataFrame(pairs, columns=["doc_id", "cluster_id"])
    kept = capped(rows, Limits(per_document=per_document, per_cluster=per_cluster))
    for column, most in (("doc_id", per_document), ("cluster_id", per_cluster)):
        assert kept[column].value_counts().max() <= most if len(kept) else True
    for row in rows.drop(kept.index).itertuples():
        full = (kept["doc_id"] == row.doc_id).sum() == per_document
        assert full or (kept["cluster_id"] == row.cluster_id).sum() == per_cluster
    assert list(kept.index) == sorted(kept.index)

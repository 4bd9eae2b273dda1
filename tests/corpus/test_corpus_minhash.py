from itertools import combinations

import numpy as np
import pandas as pd
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.copies.duplicates import CopyRules, find_links
from corpus.copies.minhash import agreement, close_pairs, hashes, jaccard, pieces, signatures, unique_pairs


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_signatures_are_those_of_datasketch(texts):
    for text, signature in zip(texts, signatures(texts), strict=True):
        sketch = MinHash(num_perm=128, seed=1, hashfunc=int)
        sketch.update_batch(hashes(text).tolist())
        assert (sketch.hashvalues == signature).all()


def test_a_text_of_several_blocks_has_the_signature_of_the_whole():
    long = "".join(chr(97 + (n * n) % 23) for n in range(200_000))
    sketch = MinHash(num_perm=128, seed=1, hashfunc=int)
    sketch.update_batch(hashes(long).tolist())
    assert (sketch.hashvalues == signatures([long])[0]).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("abc ", min_size=1, max_size=30), min_size=2, max_size=6, unique=True))
def test_what_is_near_has_the_similarity_that_it_says_and_alike_texts_are_found(texts):
    words = "alpha beta gamma delta epsilon zeta"
    keys = sorted({" ".join(f"{words} {text}".split()) for text in texts})
    ids = [f"s{n:02d}" for n in range(len(keys))]
    frame = pd.DataFrame({"sentence_id": ids, "doc_id": ids, "start": 0, "text": keys})
    links = find_links(frame, CopyRules(threshold=0.5, near_from_words=1, rewritten=1.0, stock_documents=99))
    found = dict(
        zip(zip(links["a"], links["b"], strict=True), zip(links["kind"], links["similarity"], strict=True), strict=True)
    )
    for (one, a), (other, b) in combinations(zip(ids, keys, strict=True), 2):
        similarity = len(grams(a) & grams(b)) / len(grams(a) | grams(b))
        kind, value = found.get((one, other), ("", 0.0))
        assert kind != "near" or value == similarity >= 0.5
        assert kind == "near" or similarity < 0.9


def grams(text):
    padded = f" {text} "
    return {padded[at : at + 5] for at in range(max(1, len(padded) - 4))}


@given(st.text("ab ", max_size=12), st.text("ab ", max_size=12))
def test_the_similarity_of_two_texts(a, b):
    assert jaccard(pieces(a), pieces(b)) == len(grams(a) & grams(b)) / len(grams(a) | grams(b))


def test_a_bucket_of_many_rows_makes_few_pairs_and_stays_connected():
    pairs = close_pairs(np.zeros(1000, np.uint64), np.arange(1000))
    assert len(pairs) <= 16 * 1000
    assert {(n, n + 1) for n in range(999)} <= set(map(tuple, pairs.tolist()))


def test_members_of_one_group_meet_whatever_the_order():
    groups, members = np.array([7, 5, 7, 5, 9]), np.array([3, 2, 0, 1, 4])
    assert close_pairs(groups, members).tolist() == [[0, 3], [1, 2]]
    assert close_pairs(groups[:0], members[:0]).shape == (0, 2)


def test_pairs_come_once_and_in_order_and_their_signatures_are_compared():
    pairs = unique_pairs(np.array([[2, 3], [0, 1], [2, 3], [0, 3]]))
    assert pairs.tolist() == [[0, 1], [0, 3], [2, 3]]
    sketches = np.array([[1, 2], [1, 3], [4, 4], [1, 2]], np.uint8)
    assert agreement(sketches, pairs).tolist() == [0.5, 1.0, 0.0]

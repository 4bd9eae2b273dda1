"""The encoder: its graph against the formulas of a BERT, its hash, what depends on neighbours (nothing)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import erf

from corpus.errors import CheckFailed, InputError, TableError, UsageError
from train import embedding, encoder, vectors
from train.crossfit import predicted
from train.models import make
from train.settings import TrainSettings

TEXT = "The ministry in Moscow said that Washington broke its promise."


def test_the_graph_computes_a_bert() -> None:
    """Hidden states of layers 1 to 6 as in Devlin et al. (2019), in 32 bits; the graph counts in 8."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    folder = encoder.weights_folder("")
    weights = load_file(folder / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    ids = tokenizer.encode(TEXT).ids

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    places = weights["embeddings.position_embeddings.weight"][: len(ids)]
    segment = weights["embeddings.token_type_embeddings.weight"][0]
    state = norm(weights["embeddings.word_embeddings.weight"][ids] + places + segment, "embeddings.LayerNorm")
    found, _ = encoder.load("", (1, 2, 3, 4, 5, 6)).tokens(TEXT)
    for layer in range(6):
        own = f"encoder.layer.{layer}"
        parts = [linear(state, f"{own}.attention.self.{n}") for n in ("query", "key", "value")]
        query, key, value = (part.reshape(-1, 12, 32).transpose(1, 0, 2) for part in parts)
        weight = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(32))
        mixed = (weight / weight.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(-1, 384)
        state = norm(linear(mixed, f"{own}.attention.output.dense") + state, f"{own}.attention.output.LayerNorm")
        wide = linear(state, f"{own}.intermediate.dense")
        wide = wide * 0.5 * (1 + erf(wide / np.sqrt(2)))
        state = norm(linear(wide, f"{own}.output.dense") + state, f"{own}.output.LayerNorm")
        ours, theirs = found[:, layer * 384 : (layer + 1) * 384].mean(0), state.mean(0)
        cosine = ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs)
        assert cosine > 0.99, layer


def test_a_vector_depends_on_its_text_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_RECENT", 0)
    model = vectors.Meaning().fit([TEXT])
    alone = model.transform([TEXT])
    np.testing.assert_array_equal(model.transform(["Another sentence, much louder!", TEXT, ""])[1:2], alone)
    assert np.isfinite(model.transform(["", "🙂🙂", "x" * 100_000, "\ud800"])).all()


def test_the_cache_changes_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [TEXT, "Talks will go on.", TEXT]
    model = vectors.Meaning()
    first = model.fit_transform(texts)
    file = encoder.cache_folder() / "vectors" / f"{model.encoder_sha256_[:32]}.db"
    calls = []
    monkeypatch.setattr(embedding, "embedded", lambda *a: calls.append(a))
    np.testing.assert_array_equal(model.transform(texts), first)
    assert not calls
    monkeypatch.undo()
    file.write_bytes(b"not a database at all, but as long as one" * 200)
    np.testing.assert_array_equal(model.fit_transform(texts), first)
    file.unlink()
    np.testing.assert_array_equal(model.transform(texts), first)
    assert not file.exists(), "only training texts are kept"


def test_a_sentence_is_read_once_for_all_that_is_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = ["a", "b"] * 10
    questions = [
        make("hybrid", seed, TrainSettings()).fit([f"{TEXT} {n} {label}" for n, label in enumerate(labels)], labels)
        for seed in (1, 2)
    ]
    read, whole = [], embedding.embedded
    monkeypatch.setattr(embedding, "embedded", lambda model, *row: read.append(row) or whole(model, *row))
    monkeypatch.setattr(embedding, "_RECENT", 3)
    rows = pd.DataFrame({"text": [f"What nobody has seen before, number {n}." for n in range(3)]})
    first, *_ = (predicted(model, rows, ("a", "b")) for model in questions for _ in range(2))
    assert sorted(read) == [(text, None) for text in rows["text"]]
    assert first["label"].tolist() == questions[0].predict(rows).tolist()
    assert len(embedding._recent) == 3
    # What is kept of training texts may have been in memory before.
    monkeypatch.setattr(embedding, "embedded", None)
    model = vectors.Meaning().fit(rows)
    embedding._recent.clear()
    assert len(model.transform(rows)) == 3


def test_the_target_has_a_vector_of_its_own() -> None:
    model = vectors.Meaning().fit([TEXT])
    rows = pd.DataFrame({"text": [TEXT] * 3, "target": ["moscow", "Washington", "Beijing"]})
    width = encoder.load("", (4, 5, 6)).width
    found = model.transform(rows)
    sentence, focus = found[:, :width], found[:, width:]
    np.testing.assert_array_equal(sentence[0], sentence[1])
    assert not np.allclose(focus[0], focus[1])
    np.testing.assert_array_equal(focus[2], sentence[2])


def test_which_mention_of_a_target_is_meant() -> None:
    # A hashtag before it is read as three words.
    text = "#StandWithUkraine: Kyiv praised its many allies for their help, but they say in public that Kyiv failed."
    places = [text.index("Kyiv"), text.rindex("Kyiv"), None]
    rows = pd.DataFrame({"text": text, "target": "Kyiv", "target_start": places})
    width = encoder.load("", (4, 5, 6)).width
    first, last, untold = vectors.Meaning().fit_transform(rows)[:, width:]
    np.testing.assert_array_equal(first, untold)
    assert not np.allclose(last, first)
    assert embedding.span_of(text, "Kyiv", text.rindex("Kyiv")) == (93, 97)
    for wrong in (-1, 1.5, "here"):
        with pytest.raises(TableError, match=r"target_start.*expected the place in the text"):
            vectors.Meaning().fit(rows.assign(target_start=wrong))


@pytest.mark.parametrize(
    ("text", "target", "span"),
    [
        ("Moscow and Washington", "washington", (11, 21)),
        ("Muscovites", "Moscow", None),
        ("the US said", "US", (4, 6)),
        ("bus", "us", None),
        ("a C++ (sic) b", "C++ (sic)", (2, 11)),
        ("anything", "", None),
        ("let us see what the US does", "US", (20, 22)),
        ("they say Me Too", "#MeToo", (9, 15)),
        ("Zelenskyy\u2019s plan", "Zelenskyy's", (0, 11)),
    ],
)
def test_where_a_target_stands(text: str, target: str, span: tuple[int, int] | None) -> None:
    assert embedding.span_of(text, target) == span


def test_another_encoder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CheckFailed, match=r"was fitted with the encoder 0000.*fit again"):
        encoder.load("", (4, 5, 6), "0" * 64)
    monkeypatch.setattr(encoder, "PACKAGE_SHA256", "f" * 64)
    with pytest.raises(CheckFailed, match=r"model.safetensors: SHA-256 is 53aa5117.*, expected ffff"):
        encoder.weights_folder("")
    monkeypatch.setattr(encoder, "PACKAGE", "no-such-package")
    with pytest.raises(UsageError, match=r"no-such-package is not installed. Run `make setup`.*or use the model tfidf"):
        encoder.weights_folder("")


def test_a_damaged_graph_is_made_again() -> None:
    about = encoder.load("", (6,))
    graph = encoder.cache_folder() / "encoders" / about.sha256[:32] / "encoder.onnx"
    before = graph.read_bytes()
    graph.write_bytes(before[:1000])
    encoder._load.cache_clear()
    assert encoder.load("", (6,)).sha256 == about.sha256
    assert graph.read_bytes() == before


def test_an_encoder_of_ones_own_is_named_by_its_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected a folder with tokenizer.json, got none"):
        encoder.load(str(tmp_path), (1,))
    source = encoder.weights_folder("")
    for name in ("tokenizer.json", "model.safetensors"):
        (tmp_path / name).symlink_to(source / name)
    with pytest.raises(UsageError, match=r"config.json is missing"):
        encoder.load(str(tmp_path), (1,))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "roberta"}))
    with pytest.raises(
        InputError, match=r"expected model_type bert with gelu, got roberta.*Export the encoder to ONNX"
    ):
        encoder.load(str(tmp_path), (1,))
    (tmp_path / "config.json").write_text((source / "config.json").read_text())
    with pytest.raises(UsageError, match=r"layers must be from 1 to 6, got \[7\]"):
        encoder.load(str(tmp_path), (7,))
    own, packaged = encoder.load(str(tmp_path), (2,)), encoder.load("", (2,))
    assert own.sha256 == packaged.sha256
    np.testing.assert_array_equal(own.tokens(TEXT)[0], packaged.tokens(TEXT)[0])


def test_a_graph_that_others_exported(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    table = helper.make_tensor("table", TensorProto.FLOAT, [30522, 2], np.arange(61044, dtype=np.float32))
    node = helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])
    out = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", 2])
    graph = helper.make_graph([node], "g", [ids], [out], [table])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    (tmp_path / "tokenizer.json").write_text((encoder.weights_folder("") / "tokenizer.json").read_text())
    found, places = encoder.load(str(tmp_path), (1,)).tokens("hello")
    np.testing.assert_array_equal(found, [[202, 203], [2 * 7592, 2 * 7592 + 1], [204, 205]])
    assert places.tolist() == [[0, 0], [0, 5], [0, 0]]

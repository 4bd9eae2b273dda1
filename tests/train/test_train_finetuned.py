"""The model finetuned: without PyTorch it predicts and says how to fit; with it, it learns."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import train_datasets as made
from tiny_bert import write_tiny_bert

from corpus.errors import CheckFailed, UsageError
from corpus.versions.dataset import Dataset
from train import encoder, encoder_graph, run, store
from train.finetuned import FineTuned
from train.fit import fit
from train.settings import EncoderSettings, FinetunedSettings, TrainSettings

FIXTURE = Path(__file__).parent / "formats" / "finetuned-1"
WORDS = " ".join([*made.WORDS.values(), *made.SOURCES.values()]).split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_bert(tmp_path_factory.mktemp("tiny"), WORDS)


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)


def model(folder: Path, **changes: object) -> FineTuned:
    return FineTuned(str(folder), **({"epochs": 12, "rate": 4e-3, "batch": 8} | changes))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return made.rows(documents=30)


@pytest.mark.usefixtures("no_torch")
def test_without_pytorch_it_says_how_to_add_it(folder: Path, rows: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match=r"finetuned needs PyTorch.*uv pip install 'stancelab\[finetuned\]'.*hybrid"):
        model(folder).fit(rows, rows["stance"])


@pytest.mark.usefixtures("no_torch")
def test_what_was_tuned_predicts_without_pytorch() -> None:
    tuned = run.load(FIXTURE).models()["stance"]
    assert tuned.predict(list(made.WORDS.values())).tolist() == list(made.WORDS)


def test_a_graph_that_was_changed_is_refused(tmp_path: Path) -> None:
    there = run.load(FIXTURE)
    models = there.models()
    graph = models["stance"][-1].graph_.copy()
    graph[-100] ^= 1
    models["stance"][-1].graph_ = graph
    store.save(models, tmp_path / run.MODEL)
    (tmp_path / run.MANIFEST).write_bytes((FIXTURE / run.MANIFEST).read_bytes())
    with pytest.raises(CheckFailed, match=r"is not the model of this run.*was not loaded"):
        run.load(tmp_path).models()


def test_a_model_that_has_answered_is_saved_as_one_that_has_not(tmp_path: Path) -> None:
    models = run.load(FIXTURE).models()
    store.save(models, tmp_path / "before")
    models["stance"].predict(["Moscow was right."])
    store.save(models, tmp_path / "after")
    assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes()


def test_an_answer_depends_on_its_own_row_only() -> None:
    tuned, texts = run.load(FIXTURE).models()["stance"], list(made.WORDS.values())
    np.testing.assert_array_equal(tuned.predict_proba(texts)[1:2], tuned.predict_proba(texts[1:2]))


def test_the_label_is_the_most_probable_next_to_its_share() -> None:
    pipeline = run.load(FIXTURE).models()["stance"]
    tuned, texts = pipeline[-1], list(made.WORDS.values())
    found = tuned.predict_proba(texts)
    np.testing.assert_array_equal(tuned.predict(texts), tuned.classes_[(found / tuned.shares_).argmax(axis=1)])
    # As if the label that is likeliest now had been nearly all rows.
    tuned.shares_ = np.where(np.arange(3) == found[0].argmax(), 1.0, 1e-12)
    assert tuned.predict(texts[:1]) != tuned.classes_[found[0].argmax()]


def test_the_target_is_read_beside_the_sentence() -> None:
    tuned, text = run.load(FIXTURE).models()["stance"], "Delegations met on Tuesday"
    found = tuned.predict_proba(pd.DataFrame({"text": [text] * 3, "target": ["Moscow", "Kremlin", None]}))
    assert len({tuple(row) for row in found}) == 3
    np.testing.assert_array_equal(found[2:], tuned.predict_proba([text]))


def test_an_encoder_without_weights_cannot_be_tuned(tmp_path: Path, folder: Path, rows: pd.DataFrame) -> None:
    (tmp_path / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    with pytest.raises(UsageError, match=r"model.safetensors is missing; a graph alone cannot be fine-tuned"):
        model(tmp_path).fit(rows, rows["stance"])


def test_it_learns_and_the_same_seed_gives_the_same_bytes(folder: Path, rows: pd.DataFrame) -> None:
    pytest.importorskip("torch")
    train, test = rows[rows["split"] == "train"], rows[rows["split"] == "test"]
    fits = [model(folder, random_state=seed).fit(train, train["stance"], groups=train["doc_id"]) for seed in (1, 1, 2)]
    # One word in ten documents is another label's: 0.93 is what can be known.
    assert (fits[0].predict(test) == test["stance"]).mean() > 0.85
    np.testing.assert_allclose(fits[0].predict_proba(test).sum(axis=1), 1)
    assert fits[0].graph_.tobytes() == fits[1].graph_.tobytes() != fits[2].graph_.tobytes()
    assert 1 <= fits[0].epochs_ <= 12
    shares = train["stance"].value_counts(normalize=True)[fits[0].classes_]
    np.testing.assert_allclose(fits[0].shares_, shares)


def test_the_graph_answers_what_pytorch_was_taught(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    from train.finetuning import _scores

    weights, shape = encoder_graph.weights_of(folder), encoder_graph.shape_of(folder)
    rng, tokenizer = np.random.default_rng(0), encoder.tokenizer_of((folder / "tokenizer.json").read_bytes())
    texts = [*made.WORDS.values(), "Moscow"]
    head, offset = rng.normal(size=(32, 3)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    tensors = {name: torch.tensor(value) for name, value in (weights | {"head": head, "offset": offset}).items()}
    # Of different lengths in one batch: what is padded must not count.
    theirs = _scores(tensors, shape, [tokenizer.encode(text).ids for text in texts], 0.0).numpy()
    graph = encoder.of_bytes(encoder_graph.build(weights, shape, [2]), (folder / "tokenizer.json").read_bytes())
    ours = np.array([graph.tokens(text)[0].mean(axis=0) @ head + offset for text in texts])
    np.testing.assert_allclose(ours, theirs, atol=0.15)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.999


def test_a_row_without_weight_is_as_one_that_is_not_there(folder: Path, rows: pd.DataFrame) -> None:
    pytest.importorskip("torch")
    few = rows.head(60)
    weight = np.ones(len(few))
    weight[::3] = 0
    there = model(folder, epochs=1).fit(few, few["stance"], sample_weight=weight)
    gone = model(folder, epochs=1).fit(few[weight > 0], few["stance"][weight > 0])
    assert there.graph_.tobytes() == gone.graph_.tobytes()
    heavy = model(folder, epochs=1).fit(few, few["stance"], sample_weight=np.linspace(1, 9, len(few)))
    assert heavy.graph_.tobytes() != model(folder, epochs=1).fit(few, few["stance"]).graph_.tobytes()


def test_held_out_rows_are_not_learnt_from(folder: Path, rows: pd.DataFrame) -> None:
    pytest.importorskip("torch")
    from train.finetuning import tune

    weights, shape = encoder_graph.weights_of(folder), encoder_graph.shape_of(folder)
    ids = [[2, 5 + at % 7, 3] for at in range(24)]
    goal = np.eye(2, dtype=np.float32)[np.arange(24) % 2]
    held = np.arange(4)
    other = goal.copy()
    other[held] = 1 - other[held]
    options = {"epochs": 1, "rate": 1e-3, "batch": 4, "threads": 1, "seed": 0}
    found = [tune(weights, shape, ids, one, np.ones(24), held, **options).head for one in (goal, other)]
    np.testing.assert_array_equal(*found)


def test_the_run_says_which_pytorch_it_was_fitted_with(folder: Path, dataset: Dataset, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    settings = TrainSettings(
        model="finetuned",
        encoder=EncoderSettings(folder=str(folder), layers=(1,)),
        finetuned=FinetunedSettings(epochs=1),
    )
    there = fit(dataset, runs=tmp_path, settings=settings, questions=("stance",)).run
    assert there.manifest["fitted_with"] == {"torch": torch.__version__}

"""A BERT that is small enough for a test: random weights, and the words it is given."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

WIDTH, HEADS, LAYERS, INNER = 32, 2, 2, 48


def write_tiny_bert(folder: Path, words: list[str]) -> Path:
    """``folder`` with config.json, model.safetensors and a tokenizer of ``words`` in small letters."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted({word.lower() for word in words})]
    tokenizer = Tokenizer(models.WordLevel({name: at for at, name in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"model_type": "bert", "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "hidden_size": WIDTH}
    (folder / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 1e-12}), encoding="utf-8")
    rng = np.random.default_rng(0)
    shapes = {"word": (len(names), WIDTH), "position": (256, WIDTH), "token_type": (2, WIDTH)}
    found = {f"embeddings.{name}_embeddings.weight": rng.normal(size=shape) for name, shape in shapes.items()}
    norms = ["embeddings."]
    for layer in range(LAYERS):
        own = f"encoder.layer.{layer}."
        norms += [f"{own}attention.output.", f"{own}output."]
        dense = {f"attention.self.{name}": (WIDTH, WIDTH) for name in ("query", "key", "value")} | {
            "attention.output.dense": (WIDTH, WIDTH), "intermediate.dense": (INNER, WIDTH),
            "output.dense": (WIDTH, INNER),
        }  # fmt: skip
        for name, shape in dense.items():
            found[f"{own}{name}.weight"] = rng.normal(size=shape) / np.sqrt(shape[1])
            found[f"{own}{name}.bias"] = rng.normal(size=shape[0]) / 10
    for name in norms:
        found |= {f"{name}LayerNorm.weight": np.ones(WIDTH), f"{name}LayerNorm.bias": np.zeros(WIDTH)}
    save_file({name: value.astype(np.float32) for name, value in found.items()}, folder / "model.safetensors")
    return folder

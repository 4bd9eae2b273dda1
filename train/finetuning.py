"""The steps of fine-tuning a BERT with a classification head, on the processor: the one module that runs PyTorch.

Weights go by the names of their safetensors file, in and out, so that :mod:`train.encoder_graph` writes the graph of
what was tuned as it does for what was not. Word, place and segment vectors stay as they are: a few thousand sentences
move only the words that they hold, and apart from their neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from train.encoder_graph import Shape

Array = NDArray[np.float32]

HOW_TO_ADD = "Run `uv pip install 'stancelab[finetuned]'`, or choose the model hybrid, which needs none"
_DROPOUT = 0.1
# Weight decay, and the share of steps in which the rate rises from nothing before it falls to nothing again.
_DECAY, _WARM = 0.01, 0.1
# What labels give up to the others: people err, and a loss without bound would chase their errors.
_SMOOTHING = 0.1
# Batches that are drawn together and sorted by length, so that little is padded.
_SORTED = 8


@dataclass(frozen=True)
class Tuned:
    """What came out.

    Parameters
    ----------
    weights : dict of str to numpy.ndarray
        Those of the encoder, all of them.
    head : numpy.ndarray of shape (width, n_classes)
        From the mean over a sentence's tokens to scores.
    offset : numpy.ndarray of shape (n_classes,)
    epochs : int
        After how many the loss on held-out rows was least.
    """

    weights: dict[str, Array]
    head: Array
    offset: Array
    epochs: int


def tune(
    weights: dict[str, Array],
    shape: Shape,
    ids: Sequence[Sequence[int]],
    goal: Array,
    weight: NDArray[np.float64],
    held: NDArray[np.intp],
    *,
    epochs: int,
    rate: float,
    batch: int,
    threads: int,
    seed: int,
) -> Tuned:
    """Fine-tune on all rows but ``held``, and keep the epoch whose loss on these is least.

    Parameters
    ----------
    weights : dict of str to numpy.ndarray
        A BERT's, by their names in its safetensors file.
    shape : Shape
        Its heads and epsilon.
    ids : sequence of sequence of int
        The tokens of each row.
    goal : numpy.ndarray of shape (n_rows, n_classes)
        What each row's probabilities should be.
    weight : numpy.ndarray of shape (n_rows,)
    held : numpy.ndarray
        Rows that are not learnt from.
    epochs, rate, batch, threads, seed
        Passes over the rows at most, AdamW's largest step, rows in a step, threads, and what fixes all that is drawn.

    Raises
    ------
    UsageError
        PyTorch is not installed.
    """
    try:
        import torch
    except ModuleNotFoundError:
        raise UsageError(f"the model finetuned needs PyTorch, which is not installed. {HOW_TO_ADD}") from None

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            state = {name: torch.tensor(value) for name, value in weights.items()}
            width, rng = state["embeddings.LayerNorm.weight"].shape[0], np.random.default_rng(seed)
            head = {"head": torch.randn(width, goal.shape[1]) * 0.02, "offset": torch.zeros(goal.shape[1])}
            moved = [*(value for name, value in state.items() if name.startswith("encoder.")), *head.values()]
            for value in moved:
                value.requires_grad_(True)
            rows = np.setdiff1d(np.arange(len(ids)), held)
            steps = epochs * -(-len(rows) // batch)
            # The head starts from nothing, and learns faster.
            groups = [{"params": moved[:-2]}, {"params": moved[-2:], "lr": 10 * rate}]
            optimizer = torch.optim.AdamW(groups, lr=rate, weight_decay=_DECAY)
            schedule = torch.optim.lr_scheduler.LambdaLR(
                optimizer, lambda step: min((step + 1) / (_WARM * steps + 1), (steps - step) / steps)
            )
            everything, best = state | head, (np.inf, 0, dict[str, Array]())
            for epoch in range(1, epochs + 1):
                for some in _batches(rows, ids, batch, rng):
                    scores = _scores(everything, shape, [ids[row] for row in some], _DROPOUT)
                    loss = _loss(scores, goal[some], weight[some])
                    optimizer.zero_grad()
                    loss.backward()
                    torch.nn.utils.clip_grad_norm_(moved, 1.0)
                    optimizer.step()
                    schedule.step()
                with torch.no_grad():
                    parts = [held[at : at + 4 * batch] for at in range(0, len(held), 4 * batch)]
                    told = [_scores(everything, shape, [ids[row] for row in part], 0.0) for part in parts]
                    error = float(_loss(torch.cat(told), goal[held], weight[held]))
                if error < best[0]:
                    best = error, epoch, {name: value.detach().numpy().copy() for name, value in everything.items()}
    finally:
        torch.set_num_threads(before)
    found = best[2]
    return Tuned({name: found[name] for name in weights}, found["head"], found["offset"], best[1])


def _batches(
    rows: NDArray[np.intp], ids: Sequence[Sequence[int]], batch: int, rng: np.random.Generator
) -> Iterator[NDArray[np.intp]]:
    """Every row once, in random batches of rows of much the same length."""
    order = rng.permutation(rows)
    for start in range(0, len(order), batch * _SORTED):
        part = np.array(sorted(order[start : start + batch * _SORTED], key=lambda row: len(ids[row])))
        some = [part[at : at + batch] for at in range(0, len(part), batch)]
        yield from (some[at] for at in rng.permutation(len(some)))


def _loss(scores: Tensor, goal: Array, weight: NDArray[np.float64]) -> Tensor:
    import torch

    smooth = goal * (1 - _SMOOTHING) + _SMOOTHING / goal.shape[1]
    losses = torch.nn.functional.cross_entropy(scores, torch.from_numpy(smooth), reduction="none")
    return (losses * torch.from_numpy(weight.astype(np.float32))).mean()


def _scores(weights: dict[str, Any], shape: Shape, ids: Sequence[Sequence[int]], dropout: float) -> Tensor:
    """Scores of each row, shape (n_rows, n_classes): the formulas of :mod:`train.encoder_graph` for a padded batch."""
    import torch
    from torch.nn import functional

    longest = max(map(len, ids))
    tokens = torch.zeros(len(ids), longest, dtype=torch.long)
    there = torch.zeros(len(ids), longest, dtype=torch.bool)
    for row, words in enumerate(ids):
        tokens[row, : len(words)], there[row, : len(words)] = torch.tensor(words), True

    def linear(value: Tensor, name: str) -> Tensor:
        return functional.linear(value, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def normalized(value: Tensor, name: str) -> Tensor:
        own = name + ".LayerNorm"
        return functional.layer_norm(
            value, value.shape[-1:], weights[f"{own}.weight"], weights[f"{own}.bias"], shape.epsilon
        )

    def dropped(value: Tensor) -> Tensor:
        return functional.dropout(value, dropout, training=dropout > 0)

    places = weights["embeddings.position_embeddings.weight"][:longest]
    segment = weights["embeddings.token_type_embeddings.weight"][0]
    state = normalized(weights["embeddings.word_embeddings.weight"][tokens] + places + segment, "embeddings")
    state = dropped(state)
    for layer in range(shape.layers):
        own = f"encoder.layer.{layer}"
        parts = (linear(state, f"{own}.attention.self.{name}") for name in ("query", "key", "value"))
        by_head = [part.view(len(ids), longest, shape.heads, -1).transpose(1, 2) for part in parts]
        mixed = functional.scaled_dot_product_attention(*by_head, attn_mask=there[:, None, None], dropout_p=dropout)
        mixed = mixed.transpose(1, 2).reshape(state.shape)
        out = f"{own}.attention.output"
        state = normalized(dropped(linear(mixed, f"{out}.dense")) + state, out)
        wide = functional.gelu(linear(state, f"{own}.intermediate.dense"))
        state = normalized(dropped(linear(wide, f"{own}.output.dense")) + state, f"{own}.output")
    real = there[..., None].to(state.dtype)
    mean = (state * real).sum(1) / real.sum(1)
    return dropped(mean) @ weights["head"] + weights["offset"]

"""The teacher: a small pretrained transformer that learns the labelled sets, each with its own conventions.

The encoder is MiniLM-L6 (Wang et al. 2020, arXiv:2002.10957), uncased: the case of each word is given to it as an
embedding. Each set has an embedding and an output layer beside the shared one, since they label differently (OntoNotes
puts nationalities into the fourth type, the web treebank has no fourth type at all).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
import optax
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from ops.training.gold import MISC_UNKNOWN, NUMBER, Sentence
from pipeline.entities.english.network import TAGS

Params = dict[str, Any]

HEADS: Final = 12
PIECES: Final = 128  # a window: three sentences; context beyond them gains nothing on sets of single sentences
BATCH: Final = 16
LABEL_BATCH: Final = 48
CASES: Final = 6
MISC: Final = [NUMBER["O"], NUMBER["B-MISC"], NUMBER["I-MISC"]]


@dataclass(frozen=True)
class Window:
    """Consecutive sentences of one set, in pieces."""

    ids: np.ndarray
    case: np.ndarray
    word: np.ndarray
    """The word type that each first piece begins; 0 elsewhere."""
    first: list[int]
    """Where each token's first piece stands."""
    tags: list[int]


def case(token: str) -> int:
    if token.islower() or not any(c.isalpha() for c in token):
        return 5 if token[0].isdigit() else 0
    if token.isupper():
        return 2 if len(token) > 1 else 3
    return 1 if token[0].isupper() and token[1:].islower() else 4


class Pieces:
    def __init__(self, folder: Path, number: Mapping[str, int]) -> None:
        """`number` is of each word type of the text, as in `student.Types`."""
        self._number = number
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._known: dict[str, list[int]] = {}

    def of(self, token: str) -> list[int]:
        if token not in self._known:
            self._known[token] = self._tokenizer.encode(token, add_special_tokens=False).ids[:12] or [100]
        return self._known[token]

    def windows(self, sentences: Sequence[Sentence], start: int = 0) -> Iterator[Window]:
        """All sentences in windows of at most `PIECES`; `start` shifts where they are cut."""
        ids, cases, words = [101], [0], [0]
        first: list[int] = []
        tags: list[int] = []
        room = PIECES - 2 - start
        for sentence in sentences:
            need = sum(len(self.of(token)) for token in sentence.tokens)
            if first and (need > room):
                yield self._window(ids, cases, words, first, tags)
                ids, cases, words, first, tags = [101], [0], [0], [], []
                room = PIECES - 2
            for token, tag in zip(sentence.tokens, sentence.tags, strict=True):
                pieces = self.of(token)
                if len(pieces) > PIECES - 2 - (len(ids) - 1):
                    yield self._window(ids, cases, words, first, tags)
                    ids, cases, words, first, tags = [101], [0], [0], [], []
                    room = PIECES - 2
                first.append(len(ids))
                tags.append(tag)
                ids += pieces
                cases += [case(token)] * len(pieces)
                words += [self._number[token]] + [0] * (len(pieces) - 1)
                room -= len(pieces)
        if first:
            yield self._window(ids, cases, words, first, tags)

    @staticmethod
    def _window(ids: list[int], cases: list[int], words: list[int], first: list[int], tags: list[int]) -> Window:
        ids, cases, words = [*ids, 102], [*cases, 0], [*words, 0]
        return Window(np.array(ids, np.int32), np.array(cases, np.int32), np.array(words, np.int32), first, tags)


def pretrained(folder: Path, sets: int, known: int, key: int = 0) -> Params:
    """The encoder's weights, with new ones for case, word, sets and output at zero or small; `known` numbers a word."""
    stored = load_file(folder / "model.safetensors")
    params: Params = {
        name: jnp.asarray(value)
        for name, value in stored.items()
        if "position_ids" not in name and "pooler" not in name
    }
    size = params["embeddings.word_embeddings.weight"].shape[1]
    draw = jax.random.normal(jax.random.key(key), (size, len(TAGS))) * 0.02
    return params | {
        "case": jnp.zeros((CASES, size)),
        "word": jnp.zeros((known, size)),
        "set": jnp.zeros((sets, size)),
        "out": draw,
        "out_word": jnp.zeros((known, len(TAGS))),
        "out_case": jnp.zeros((CASES, len(TAGS))),
        "out_set": jnp.zeros((sets, size, len(TAGS))),
        "bias": jnp.zeros((sets, len(TAGS))),
    }


def _norm(x: jax.Array, params: Params, name: str) -> jax.Array:
    mean = x.mean(-1, keepdims=True)
    spread = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(spread + 1e-12) * params[f"{name}.weight"] + params[f"{name}.bias"]


def _linear(x: jax.Array, params: Params, name: str) -> jax.Array:
    return x @ params[f"{name}.weight"].T + params[f"{name}.bias"]


def _drop(x: jax.Array, key: jax.Array | None, rate: float = 0.1) -> jax.Array:
    if key is None:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def encoded(
    params: Params, ids: jax.Array, cases: jax.Array, known: jax.Array, convention: jax.Array, key: jax.Array | None
) -> jax.Array:
    """The last layer: windows × pieces × size. `known` is what the lexicon has of the word that a piece begins,
    `convention` the embedding of each window's set.
    """
    keys = [None] * 20 if key is None else list(jax.random.split(key, 20))
    mask = jnp.where(ids > 0, 0.0, -1e9)[:, None, None, :]
    x = (
        params["embeddings.word_embeddings.weight"][ids]
        + params["embeddings.position_embeddings.weight"][: ids.shape[1]]
    )
    x = x + params["embeddings.token_type_embeddings.weight"][0]
    x = x + params["case"][cases] + convention[:, None] + known @ params["word"]
    x = _drop(_norm(x, params, "embeddings.LayerNorm"), keys[0])
    batch, length, size = x.shape
    for i in range(sum(name.endswith("attention.self.query.weight") for name in params)):
        layer = f"encoder.layer.{i}"
        q, k, v = (
            _linear(x, params, f"{layer}.attention.self.{part}").reshape(batch, length, HEADS, -1)
            for part in ("query", "key", "value")
        )
        weights = jax.nn.softmax(jnp.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(size / HEADS) + mask)
        mixed = jnp.einsum("bhqk,bkhd->bqhd", weights, v).reshape(batch, length, size)
        mixed = _drop(_linear(mixed, params, f"{layer}.attention.output.dense"), keys[2 * i + 1])
        x = _norm(x + mixed, params, f"{layer}.attention.output.LayerNorm")
        wide = jax.nn.gelu(_linear(x, params, f"{layer}.intermediate.dense"), approximate=False)
        wide = _drop(_linear(wide, params, f"{layer}.output.dense"), keys[2 * i + 2])
        x = _norm(x + wide, params, f"{layer}.output.LayerNorm")
    return _drop(x, keys[-1])


def scored(params: Params, x: jax.Array, cases: jax.Array, known: jax.Array, which: jax.Array) -> jax.Array:
    """Scores of the tags of each piece in the convention `which` of its window."""
    own = jnp.einsum("bld,bdt->blt", x, params["out_set"][which])
    own = own + params["out_case"][cases] + known @ params["out_word"]
    return x @ params["out"] + own + params["bias"][which][:, None]


def loss(params: Params, known: jax.Array, batch: dict[str, jax.Array], key: jax.Array) -> jax.Array:
    """Negative log-likelihood of each token's tag; where the fourth type is unknown, of all it may be."""
    about = known[batch["word"]]
    x = encoded(params, batch["ids"], batch["case"], about, params["set"][batch["set"]], key)
    scores = jax.nn.log_softmax(scored(params, x, batch["case"], about, batch["set"]))
    known = jnp.take_along_axis(scores, jnp.maximum(batch["tags"], 0)[..., None], -1)[..., 0]
    either = jax.nn.logsumexp(scores[..., jnp.array(MISC)], -1)
    told = jnp.where(batch["tags"] == MISC_UNKNOWN, either, known)
    counted = batch["counted"] * batch["weight"][:, None]
    return -(told * counted).sum() / counted.sum()


def batches(windows: Sequence[tuple[Window, int, float]], rng: np.random.Generator) -> Iterator[dict[str, np.ndarray]]:
    """Shuffled batches of windows of like length; each window with its set and weight."""
    order = sorted(rng.permutation(len(windows)), key=lambda i: len(windows[i][0].ids) // 16)
    groups = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    for g in rng.permutation(len(groups)):
        yield padded([windows[i] for i in groups[g]])


def padded(windows: Sequence[tuple[Window, int, float]], size: int = BATCH) -> dict[str, np.ndarray]:
    longest = max(len(window.ids) for window, _, _ in windows)
    shape = (size, -(-longest // 32) * 32)
    batch: dict[str, np.ndarray] = {
        name: np.zeros(shape, np.int32) for name in ("ids", "case", "word", "tags", "counted")
    }
    batch |= {"set": np.zeros(size, np.int32), "weight": np.zeros(size, np.float32)}
    for row, (window, which, weight) in enumerate(windows):
        batch["ids"][row, : len(window.ids)] = window.ids
        batch["case"][row, : len(window.ids)] = window.case
        batch["word"][row, : len(window.ids)] = window.word
        batch["tags"][row, window.first] = window.tags
        batch["counted"][row, window.first] = 1
        batch["set"][row], batch["weight"][row] = which, weight
    return batch


def train(
    params: Params,
    known: np.ndarray,
    sets: Sequence[tuple[Sequence[Sentence], int, float]],
    pieces: Pieces,
    *,
    epochs: int,
    rate: float = 8e-5,
    seed: int = 0,
    say: Any = print,
) -> Params:
    """Train on (sentences, number of the set, weight); `known` has a row for each word type."""
    rng = np.random.default_rng(seed)
    count = sum(len(list(pieces.windows(s))) for s, _, _ in sets) // BATCH + len(sets)
    total = max(1, count * epochs)
    warm = min(100, total // 10)

    def schedule(peak: float) -> Any:
        return optax.warmup_cosine_decay_schedule(0.0, peak, warm, total, peak / 50)

    new = {"case", "set", "word", "out", "out_case", "out_word", "out_set", "bias"}
    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.multi_transform(
            {
                "new": optax.adamw(schedule(rate * 10), weight_decay=0.01),
                "old": optax.adamw(schedule(rate), weight_decay=0.01),
            },
            {name: "new" if name in new else "old" for name in params},
        ),
    )
    state = optimizer.init(params)

    @jax.jit
    def step(params: Params, state: Any, known: jax.Array, batch: Any, key: jax.Array) -> Any:
        value, gradient = jax.value_and_grad(loss)(params, known, batch, key)
        updates, state = optimizer.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, value

    rows = jnp.asarray(known)
    key, done, recent = jax.random.key(seed), 0, 0.0
    for epoch in range(epochs):
        windows = [
            (window, which, weight)
            for sentences, which, weight in sets
            for window in pieces.windows(sentences, int(rng.integers(0, PIECES // 2)))
        ]
        for batch in batches(windows, rng):
            key, use = jax.random.split(key)
            params, state, value = step(params, state, rows, batch, use)
            done += 1
            recent = 0.98 * recent + 0.02 * float(value) if done > 1 else float(value)
            if done % 50 == 0:
                say(f"teacher {done}/{total} epoch {epoch + 1} loss {recent:.4f}")
    return params


@jax.jit
def _probabilities(params: Params, ids: jax.Array, cases: jax.Array, known: jax.Array, mix: jax.Array) -> jax.Array:
    everywhere = jnp.ones(len(ids), jnp.int32)
    x = encoded(params, ids, cases, known, jnp.tile(mix @ params["set"], (len(ids), 1)), None)
    each = [jax.nn.softmax(scored(params, x, cases, known, everywhere * which)) for which in range(len(mix))]
    return jnp.einsum("s,sblt->blt", mix, jnp.stack(each))


def label(
    params: Params, known: np.ndarray, sentences: Sequence[Sentence], pieces: Pieces, shares: Mapping[int, float]
) -> list[np.ndarray]:
    """Probabilities of the tags of each sentence's tokens: the mean over the conventions, by their shares.

    The encoder runs once, with the mean of the conventions' embeddings.
    """
    mix = np.zeros(len(params["set"]), np.float32)
    mix[list(shares)] = list(shares.values())
    windows = list(pieces.windows(sentences))
    order = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))
    found: dict[int, np.ndarray] = {}
    for at in range(0, len(order), LABEL_BATCH):
        some = order[at : at + LABEL_BATCH]
        batch = padded([(windows[i], 0, 1.0) for i in some], LABEL_BATCH)
        told = np.asarray(_probabilities(params, batch["ids"], batch["case"], known[batch["word"]], mix))
        for row, i in enumerate(some):
            found[i] = told[row, windows[i].first]
    flat = np.concatenate([found[i] for i in range(len(windows))])
    ends = np.cumsum([len(sentence.tokens) for sentence in sentences])
    return np.split(flat, ends[:-1])

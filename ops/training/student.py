"""The student: the shipped network, trained on what the teacher says of each token.

Each word type has five rows, one for each place in the window around a token: the first layer is their sum, so at run
time it is five look-ups (see pipeline/entities/english/network.py, which this file must agree with).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
import optax

from pipeline.entities.english.features import BUCKETS, HASHED, SHAPES, hashed, plain, shape
from pipeline.entities.english.network import BOUNDARY, TAGS, WINDOW

Params = dict[str, jax.Array]

LENGTH: Final = 128
BATCH: Final = 48
EDGE: Final = 5  # boundaries around a sentence that is read alone: as far as the layers see


@dataclass(frozen=True)
class Types:
    """What is known of each word type of the training text, a row each; row 0 is the boundary."""

    number: dict[str, int]
    vector: np.ndarray
    hashed: np.ndarray
    shape: np.ndarray
    facts: np.ndarray


def described(words: Sequence[str], vectors: Mapping[str, int], facts: Mapping[str, np.ndarray], width: int) -> Types:
    words = [BOUNDARY, *sorted(set(words) - {BOUNDARY})]

    def row(word: str) -> int:
        return vectors.get(word, -1) + 1

    cased = np.array([row(w) or row(w.lower()) or row(w.capitalize()) for w in words])
    lower = np.array([row(w.lower()) for w in words])
    none = np.zeros(width, np.uint8)
    return Types(
        {word: i for i, word in enumerate(words)},
        np.stack([cased, lower], 1).astype(np.int32),
        np.array([hashed(w) for w in words], np.int32),
        np.array([shape(w) for w in words], np.int32),
        np.stack([facts.get(plain(w), none) for w in words]),
    )


def initial(vectors: np.ndarray, width: int, *, hidden: int, small: int = 40, key: int = 0) -> Params:
    keys = iter(jax.random.split(jax.random.key(key), 12))
    size = 2 * vectors.shape[1] + small + 2 * width

    def normal(*shape: int, scale: float) -> jax.Array:
        return jax.random.normal(next(keys), shape) * scale

    return {
        "vectors": jnp.concatenate([jnp.zeros((1, vectors.shape[1])), jnp.asarray(vectors)]),
        "hashed": normal(HASHED, BUCKETS, small, scale=0.1),
        "shapes": normal(SHAPES, small, scale=0.1),
        "rows": normal(size, WINDOW * hidden, scale=(1 / (size * 2)) ** 0.5),
        "rows_bias": jnp.zeros(hidden),
        "deep": normal(3 * hidden, hidden, scale=(2 / (3 * hidden)) ** 0.5),
        "deep_bias": jnp.zeros(hidden),
        "deep2": normal(3 * hidden, hidden, scale=(2 / (3 * hidden)) ** 0.5),
        "deep2_bias": jnp.zeros(hidden),
        "out": normal(hidden, len(TAGS), scale=(1 / hidden) ** 0.5),
        "out_bias": jnp.zeros(len(TAGS)),
    }


def spread(x: jax.Array, reach: int, step: int = 1) -> jax.Array:
    """Each token's neighbours at its side: … × length × size → … × length × (2 reach + 1) size."""
    pad = reach * step
    wide = jnp.pad(x, ((0, 0), (pad, pad), (0, 0)))
    return jnp.concatenate([wide[:, i * step : i * step + x.shape[1]] for i in range(2 * reach + 1)], -1)


def scores(
    params: Params, types: Mapping[str, jax.Array], ids: jax.Array, key: jax.Array | None, *, drop: float = 0.25
) -> jax.Array:
    vector, buckets = types["vector"][ids], types["hashed"][ids]
    facts = types["facts"][ids].astype(jnp.float32)
    keys = [None] * 4 if key is None else list(jax.random.split(key, 4))
    if key is not None:
        # A word forgotten now and then: the network must also read names that it has never seen.
        forget = jax.random.bernoulli(keys[0], 0.12, ids.shape)
        vector = jnp.where(forget[..., None], 0, vector)
        known = jax.random.bernoulli(keys[1], 0.7, ids.shape) & ~forget
    else:
        known = jnp.ones(ids.shape, bool)
    parts = [params["hashed"][i][buckets[..., i]] for i in range(HASHED)]
    parts[0] = parts[0] * known[..., None]
    small = sum(parts) + params["shapes"][types["shape"][ids]]
    x = jnp.concatenate(
        [params["vectors"][vector[..., 0]], params["vectors"][vector[..., 1]], small, facts / 8, jnp.sign(facts)], -1
    )
    x = _drop(x, keys[2], 0.1)
    rows = (x @ params["rows"]).reshape(*ids.shape, WINDOW, -1)
    pad = jnp.pad(rows, ((0, 0), (2, 2), (0, 0), (0, 0)))
    h = params["rows_bias"] + sum(pad[:, o : o + ids.shape[1], o] for o in range(WINDOW))
    h = _drop(jax.nn.relu(h), keys[3], drop)
    h = h + jax.nn.relu(spread(h, 1) @ params["deep"] + params["deep_bias"])
    if "deep2" in params:
        h = h + jax.nn.relu(spread(h, 1, 2) @ params["deep2"] + params["deep2_bias"])
    h = _drop(h, None if key is None else keys[0], drop)
    return h @ params["out"] + params["out_bias"]


def _drop(x: jax.Array, key: jax.Array | None, rate: float) -> jax.Array:
    if key is None or rate == 0:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


Labelled = tuple[np.ndarray, np.ndarray]  # numbers of the types, and the probability of each tag


@dataclass(frozen=True)
class Part:
    """Labelled sentences, how much a token of them counts, and how often they are read in one epoch."""

    sentences: Sequence[Labelled]
    weight: float = 1.0
    times: float = 1.0


def packed(parts: Sequence[Part], rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows of `LENGTH` tokens for one epoch: sentences one after the other, some of them on a line of their own."""
    outside = np.eye(len(TAGS), dtype=np.float32)[:1]
    line = np.zeros(1, np.int32)
    for part in parts:
        count = round(len(part.sentences) * part.times)
        chosen = np.concatenate([rng.permutation(len(part.sentences)) for _ in range(int(part.times) + 1)])[:count]
        if part.times >= 1:  # neighbours stay neighbours where all are read
            chosen = np.sort(chosen)
        ids, tags = [], []
        for i in chosen:
            if rng.random() < 0.4:
                ids.append(line)
                tags.append(outside)
            ids.append(part.sentences[i][0])
            tags.append(part.sentences[i][1].astype(np.float32))
        flat_ids, flat_tags = np.concatenate(ids), np.concatenate(tags)
        for at in range(int(rng.integers(0, LENGTH)), len(flat_ids) - LENGTH + 1, LENGTH):
            yield flat_ids[at : at + LENGTH], flat_tags[at : at + LENGTH], np.full(LENGTH, part.weight, np.float32)


def train(
    params: Params,
    types: Types,
    parts: Sequence[Part],
    *,
    steps: int,
    rate: float = 3e-3,
    seed: int = 0,
    say: Any = print,
) -> Params:
    rng = np.random.default_rng(seed)
    known = {name: jnp.asarray(getattr(types, name)) for name in ("vector", "hashed", "shape", "facts")}
    schedule = optax.warmup_cosine_decay_schedule(0.0, rate, min(200, steps // 10), steps, rate / 100)
    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.multi_transform(
            {
                "slow": optax.adamw(lambda n: schedule(n) * 0.1, weight_decay=0.0),
                "fast": optax.adamw(schedule, weight_decay=0.01),
            },
            {name: "slow" if name == "vectors" else "fast" for name in params},
        ),
    )
    state = optimizer.init(params)

    def loss(params: Params, ids: jax.Array, tags: jax.Array, weights: jax.Array, key: jax.Array) -> jax.Array:
        told = jax.nn.log_softmax(scores(params, known, ids, key))
        return -((told * tags).sum(-1) * weights).sum() / weights.sum()

    @jax.jit
    def step(params: Params, state: Any, ids: jax.Array, tags: jax.Array, weights: jax.Array, key: jax.Array) -> Any:
        value, gradient = jax.value_and_grad(loss)(params, ids, tags, weights, key)
        updates, state = optimizer.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, value

    key, done, recent = jax.random.key(seed + 1), 0, 0.0
    rows: list[Any] = []
    while done < steps:
        if len(rows) < BATCH:
            fresh = list(packed(parts, rng))
            rows += [fresh[i] for i in rng.permutation(len(fresh))]
        batch, rows = rows[:BATCH], rows[BATCH:]
        key, use = jax.random.split(key)
        ids, tags, weights = (np.stack(part) for part in zip(*batch, strict=True))
        params, state, value = step(params, state, ids, tags, weights, use)
        done += 1
        recent = 0.98 * recent + 0.02 * float(value) if done > 1 else float(value)
        if done % 100 == 0:
            say(f"student {done}/{steps} loss {recent:.4f}")
    return params


def probabilities(params: Params, types: Types, sentences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Probabilities of the tags of each sentence's tokens, each sentence alone."""
    known = {name: jnp.asarray(getattr(types, name)) for name in ("vector", "hashed", "shape", "facts")}
    params = {name: jnp.asarray(value) for name, value in params.items()}
    apply = jax.jit(lambda ids: jax.nn.softmax(scores(params, known, ids, None)))
    order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
    found: dict[int, np.ndarray] = {}
    for at in range(0, len(order), BATCH):
        some = order[at : at + BATCH]
        longest = -(-max(len(sentences[i]) + 2 * EDGE for i in some) // 32) * 32
        ids = np.zeros((BATCH, longest), np.int32)
        for row, i in enumerate(some):
            ids[row, EDGE : EDGE + len(sentences[i])] = sentences[i]
        told = np.asarray(apply(ids))
        for row, i in enumerate(some):
            found[i] = told[row, EDGE : EDGE + len(sentences[i])]
    return [found[i] for i in range(len(sentences))]

"""One article, one opinion: what a word is in most places counts where the words around it say little."""

from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.entities.english.kernel import Floats, Ids

# The tags of each kind: outside, and begin and inside of the four types.
_KINDS: Final = ((0,), (1, 2), (3, 4), (5, 6), (7, 8))
_LEAST: Final = 1e-4
# Share of the article's opinion in the logarithm of each kind's probability. F1 on the 15 open articles of tests/quality
# was .838 without a vote, .854 at .5 and .868 at 1, where the article alone says which kind a word is.
WEIGHT: Final = 1.0


def voted(scores: Floats, ids: Ids, names: npt.NDArray[np.bool_], weight: float = WEIGHT) -> Floats:
    """The log-probabilities of an article's tokens, those of one word (where `names` says it may be one) drawn together.

    The kind of a word is voted on, not whether it begins a name: "Assad" alone begins one that "Bashar al-Assad" ends.
    """
    at = np.flatnonzero(names)
    if len(at) < 2 or not weight:
        return scores
    probability = np.exp(scores[at])
    kinds = np.stack([probability[:, list(tags)].sum(1) for tags in _KINDS], 1)
    order = np.argsort(ids[at], kind="stable")
    same = ids[at][order]
    first = np.flatnonzero(np.diff(same, prepend=-1))
    count = np.diff(first, append=len(same))
    mean = np.add.reduceat(kinds[order], first) / count[:, None]
    spread = np.empty_like(kinds)
    spread[order] = np.repeat(mean, count, axis=0)
    change = weight * (np.log(spread + _LEAST) - np.log(kinds + _LEAST))
    result = scores.copy()
    for kind, tags in enumerate(_KINDS):
        for tag in tags:
            result[at, tag] += change[:, kind]
    return result

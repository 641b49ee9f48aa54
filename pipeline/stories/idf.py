"""How much a word says: its inverse document frequency, from a table that is frozen and shipped.

A replay must group as the first run did, so the weights cannot come from the stream itself. data/idf.npz is written by
`make idf` (ops/stories) from word frequencies in several languages and holds hashes and weights, no word.
"""

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import xxhash

TABLE: Final = Path(__file__).parent / "data" / "idf.npz"
# A weight is kept in a byte, in steps of a twentieth: 255 stands for 12.75, and a word that no table has weighs 11.5.
STEPS: Final = 20
# Of a language without a table every word weighs the same; only how often the article uses it counts then.
FLAT: Final = 6.0
# What takes no inflection along: "Klitschko" and "Klitschko's", "congratulates" and "congratulated". Six letters group
# the English set as well as a stemmer does (B-cubed .918 and .915), and serve every alphabet with one rule.
PREFIX: Final = 6

Hashes = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float64]


def term(text: str) -> int:
    """The hash that stands for a word or a name, 32 bits, the same on every machine and in every run."""
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass")) & 0xFFFFFFFF


def idf(terms: Hashes, language: str) -> Floats:
    """The weight of each word of a language, by its hash."""
    table = _tables().get(language)
    if table is None:
        return np.full(len(terms), FLAT)
    hashes, weights, unknown = table
    places = np.minimum(np.searchsorted(hashes, terms), len(hashes) - 1)
    return np.where(hashes[places] == terms, weights[places], unknown)


@cache
def _tables() -> dict[str, tuple[Hashes, Floats, float]]:
    """For each language the hashes, ascending, their weights, and the weight of what is not among them."""
    with np.load(TABLE) as stored:
        languages = {name.partition(".")[0] for name in stored.files}
        return {
            language: (
                np.cumsum(stored[f"{language}.steps"], dtype=np.uint32),  # differences compress to half
                stored[f"{language}.weights"] / STEPS,
                float(stored[f"{language}.unknown"]) / STEPS,
            )
            for language in sorted(languages)
        }

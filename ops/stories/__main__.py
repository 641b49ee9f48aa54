"""Write pipeline/stories/data/idf.npz: `python -m ops.stories`.

Needs wordfreq 3.1.1 beside it (Speer 2022; its data is CC BY-SA 4.0, and so is this table); nothing of it is used at
run time. Of each language the most frequent beginnings of words are kept, as hashes, with what a word that begins so
weighs.
"""

import math
import sys
from collections import Counter
from importlib import import_module
from typing import Any, Final

import numpy as np

from pipeline.stories.idf import PREFIX, STEPS, TABLE, term

# Not in the environment of the project: it serves this script alone.
wordfreq: Any = import_module("wordfreq")

# Languages with a partition of their own that put spaces between words (pipeline/kafka/topics.py), and how many
# beginnings of each: English is the one that was measured (30,000 and 60,000 are alike within .003).
LANGUAGES: Final = {"en": 40_000, "de": 10_000, "fr": 10_000, "es": 10_000, "ru": 10_000, "ar": 10_000}
# A frequency becomes a chance to stand in a text: 1 - exp(-LENGTH * frequency), for texts of about this many words.
LENGTH: Final = 1_000
# Of what no list has: names, for the most part, and they are what stories are told by.
RAREST: Final = 1e-8


def main() -> None:
    arrays: dict[str, Any] = {}
    for language, size in LANGUAGES.items():
        frequencies: Counter[str] = Counter()
        for word, frequency in wordfreq.get_frequency_dict(language, "best").items():
            frequencies[word[:PREFIX]] += frequency
        weights = {term(start): _weight(frequency) for start, frequency in frequencies.most_common(size)}
        hashes = np.array(sorted(weights), np.uint32)
        arrays[f"{language}.steps"] = np.diff(hashes, prepend=np.uint32(0))
        arrays[f"{language}.weights"] = np.array([weights[key] for key in hashes.tolist()], np.uint8)
        arrays[f"{language}.unknown"] = np.uint8(_weight(RAREST))
    TABLE.parent.mkdir(exist_ok=True)
    np.savez_compressed(TABLE, **arrays)
    print(f"{TABLE.name}: {TABLE.stat().st_size:,} bytes", file=sys.stderr)


def _weight(frequency: float) -> int:
    return round(-math.log(-math.expm1(-LENGTH * frequency)) * STEPS)


if __name__ == "__main__":
    main()

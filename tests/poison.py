"""A tagger for the tests: every capitalised word is a person, and some markers are poison.

COPYDESK_TAGGER=tests.poison:load
"""

import logging
import os
import re
import signal
import time

from pipeline.entities.tagger import Span

CRASH, HANG, MEMORY = "POISONCRASH", "POISONHANG", "POISONMEMORY"
BUG, TALK = "POISONBUG", "POISONTALK"


class PoisonTagger:
    name = "poison 1"
    languages = frozenset({"en", "de", "fr", "und"})

    def tag(self, text: str) -> list[Span]:
        if CRASH in text:
            # pebble takes its pool for broken where a process dies before it has read that the process had a task.
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGKILL)
        if HANG in text:
            time.sleep(3600)
        if MEMORY in text:
            hoard = []
            while True:
                hoard.append(
                    bytes(64 << 20)
                )  # from calloc, so no page is touched: the limit is met at once on any machine
        if BUG in text:
            raise ValueError(f"no idea what to make of {text}")
        if TALK in text:
            logging.getLogger("library").warning("a library's warning\nof two rows")
        return [Span(match.start(), match.end(), "PERSON") for match in re.finditer(r"\b[A-Z][a-z]+\b", text)]


def load() -> PoisonTagger:
    return PoisonTagger()

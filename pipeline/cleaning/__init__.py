"""From the bytes of one raw message to the text of one article and what its own lines say about it."""

from pipeline.cleaning.document import CLEANER, Identity, clean, identify

__all__ = ["CLEANER", "Identity", "clean", "identify"]

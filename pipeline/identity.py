"""What makes a document, and an item of a source, the same as before. Never a path."""

import hashlib
import re


def document_id(source: str, source_id: str | None, value: bytes) -> str:
    """Identity of a document: its source's name, the source's own id and the raw bytes; 32 hex digits.

    The parts are hashed before they are joined, so no separator in a name can make two documents one.
    """
    parts = (source.encode(), (source_id or "").encode(), value)
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:32]


def item_id(source: str, source_id: str | None, document: str) -> str:
    """Identity of the item a document is a version of: the source's own id if it has one, else the document's."""
    return document_id(source, source_id, b"") if source_id else document


def is_id(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None

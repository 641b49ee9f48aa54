"""Labels by spaCy's medium model: the second teacher, whose conventions (OntoNotes) give the fourth type."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import spacy

from ops.training.gold import NUMBER, Sentence

_TYPES: Final = {
    "PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC",
    "NORP": "MISC", "EVENT": "MISC", "WORK_OF_ART": "MISC", "LAW": "MISC", "PRODUCT": "MISC",
}  # fmt: skip
_NOT_NEEDED: Final = ("tagger", "parser", "attribute_ruler", "lemmatizer", "senter")
_ARTICLES: Final = ("the", "a", "an")
_POSSESSIVES: Final = ("'s", "’s", "'", "’")
# Marks without a space before them, and those without one after: the model was trained on text as it is printed.
_CLOSE: Final = frozenset(".,;:!?)]}%'”’-") | {"'s", "’s"}
_OPEN: Final = frozenset("([{$“‘-")


def labelled(model: Path, sentences: Sequence[Sequence[str]]) -> Iterator[Sentence]:
    """The sentences with the model's labels, without leading articles and trailing possessives."""
    nlp = spacy.load(model, exclude=_NOT_NEEDED)
    printed = [_printed(tokens) for tokens in sentences]
    documents = nlp.pipe((text for text, _ in printed), batch_size=64)
    for tokens, (_, starts), document in zip(sentences, printed, documents, strict=True):
        tags = [NUMBER["O"]] * len(tokens)
        for entity in document.ents:
            kind = _TYPES.get(entity.label_)
            inside = [
                i for i, at in enumerate(starts) if at < entity.end_char and at + len(tokens[i]) > entity.start_char
            ]
            while inside and tokens[inside[0]].lower() in _ARTICLES:
                del inside[0]
            while inside and tokens[inside[-1]] in _POSSESSIVES:
                del inside[-1]
            if kind:
                for i in inside:
                    tags[i] = NUMBER[f"{'B' if i == inside[0] else 'I'}-{kind}"]
        yield Sentence(tuple(tokens), tuple(tags))


def _printed(tokens: Sequence[str]) -> tuple[str, list[int]]:
    text, starts = "", []
    for before, token in zip(("(", *tokens), tokens, strict=False):
        if token not in _CLOSE and before not in _OPEN:
            text += " "
        starts.append(len(text))
        text += token
    return text, starts

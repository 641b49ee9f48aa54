import pytest

from pipeline.entities import spacy_tagger
from pipeline.entities.tagger import Tagger


@pytest.fixture(scope="session")
def tagger() -> Tagger:
    """The model, loaded once: it takes 1 to 4 s."""
    return spacy_tagger.load()

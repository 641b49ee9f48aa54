from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates.postings import Postings


@settings(deadline=None)
@given(st.data(), st.lists(st.sampled_from("abc"), max_size=60), st.integers(1, 3), st.integers(0, 4))
def test_postings_are_lists_read_at_both_ends(data: st.DataObject, keys: list[str], earliest: int, latest: int) -> None:
    postings: Postings[str] = Postings()
    model: dict[str, list[int]] = {}
    for sequence, key in enumerate(keys):
        postings.add(key, sequence)
        model.setdefault(key, []).append(sequence)
        if data.draw(st.booleans()):
            leaving = data.draw(st.sampled_from(sorted(model)))
            gone = data.draw(st.sampled_from(model[leaving]))
            postings.remove(leaving, gone)
            model[leaving].remove(gone)
            if not model[leaving]:
                del model[leaving]
    assert len(postings) == len(model)
    for key in "abc":
        held = model.get(key, [])
        expected = held if len(held) <= earliest + latest else held[:earliest] + held[len(held) - latest :]
        assert list(postings.ends(key, earliest, latest)) == expected


def test_a_key_of_many_records_is_read_and_left_like_any_other() -> None:
    postings: Postings[str] = Postings()
    for sequence in range(1000):
        postings.add("a", sequence)
    postings.remove("a", 500)
    for sequence in range(499):
        postings.remove("a", sequence)
    assert list(postings.ends("a", 2, 3)) == [499, 501, 997, 998, 999]
    for sequence in range(501, 1000):
        postings.remove("a", sequence)
    assert list(postings.ends("a", 2, 3)) == [499]
    postings.remove("a", 499)
    assert len(postings) == 0

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sagin.methods.stable_matching import deferred_acceptance, greedy_matching

VALUES = arrays(float, st.tuples(st.integers(1, 9), st.integers(1, 5)), elements=st.floats(0, 9))
TIED = arrays(float, st.tuples(st.integers(1, 9), st.integers(1, 5)), elements=st.integers(0, 2).map(float))


def _both(value, quota):
    proposed = np.empty(value.shape[0], dtype=np.int64)
    walked = proposed.copy()
    count = deferred_acceptance(value, quota, proposed)
    greedy_matching(value, quota, walked)
    return proposed, walked, count


def _blocking(value, quota, owner):
    """Pairs that would both rather have each other."""
    held = np.bincount(owner[owner >= 0], minlength=value.shape[1])
    pairs = []
    for i in range(value.shape[0]):
        for j in range(value.shape[1]):
            row_wants = owner[i] != j and (owner[i] < 0 or value[i, j] > value[i, owner[i]])
            worst = value[owner == j, j].min() if held[j] else np.inf
            if row_wants and (held[j] < quota or value[i, j] > worst):
                pairs.append((i, j))
    return pairs


def test_hand_values() -> None:
    owners = _both(np.array([[9.0, 8.0], [7.0, 6.0], [5.0, 4.0]]), 2)[:2]
    for owner in owners:
        np.testing.assert_array_equal(owner, [0, 0, 1])


@given(st.one_of(VALUES, TIED), st.integers(1, 4))
def test_walk_and_proposals_agree_and_nothing_blocks(value, quota) -> None:
    proposed, walked, count = _both(value, quota)
    np.testing.assert_array_equal(proposed, walked)
    assert not _blocking(value, quota, walked)
    assert count <= value.size
    assert np.bincount(walked[walked >= 0], minlength=value.shape[1]).max(initial=0) <= quota
    assert (walked >= 0).sum() == min(value.shape[0], quota * value.shape[1])


@given(VALUES, st.integers(1, 3), st.randoms())
def test_the_order_of_proposals_does_not_matter(value, quota, shuffle) -> None:
    distinct = value + 1e-3 * np.arange(value.size).reshape(value.shape)  # no ties
    order = list(range(value.shape[1]))
    shuffle.shuffle(order)
    owner = _both(distinct, quota)[0]
    renamed = _both(np.ascontiguousarray(distinct[:, order]), quota)[0]
    back = np.where(renamed >= 0, np.array(order)[renamed], -1)
    if len(np.unique(distinct)) == distinct.size:
        np.testing.assert_array_equal(back, owner)

"""A partner claims a fork: the notes are believed, the partner is not (L03)."""

from __future__ import annotations

from node.replication import comparisons
from protocol import checkpoints, keys

LOG, OTHER = bytes([1]) * 32, bytes([2]) * 32
ORIGIN = "hanse/l/claims"


def head(size: int, root: int, private: bytes = LOG) -> str:
    return checkpoints.sign_checkpoint(checkpoints.Checkpoint(ORIGIN, size, bytes([root]) * 32), private)


def test_L03_only_two_valid_heads_of_one_size_prove_a_fork() -> None:
    author = keys.public(LOG, "log")
    cases = [
        (head(5, 1), head(5, 2), True),
        (head(5, 1), head(5, 1), False),
        (head(5, 1), head(6, 2), False),
        (head(5, 1), head(5, 2, OTHER), False),
        ("no note", head(5, 2), False),
    ]
    for first, second, expected in cases:
        assert comparisons.contradict(comparisons.verified((first, second), ORIGIN, author)) is expected
    assert not comparisons.verified((head(5, 1), head(5, 2)), "hanse/l/another", author)

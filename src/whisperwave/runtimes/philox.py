"""Philox4x32-10: randomness as a pure function of seed, stream and position.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). The engine
has the same function in C++; both are held to the golden vectors of its authors.
"""

from typing import TypeAlias

Counter: TypeAlias = tuple[int, int, int, int]
Key: TypeAlias = tuple[int, int]

_WORD = 0xFFFFFFFF


def philox4x32(counter: Counter, key: Key) -> Counter:
    """Ten rounds of Philox on four 32-bit words."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        first, second = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1 = (second >> 32) ^ c1 ^ k0, second & _WORD
        c2, c3 = (first >> 32) ^ c3 ^ k1, first & _WORD
        k0, k1 = (k0 + 0x9E3779B9) & _WORD, (k1 + 0xBB67AE85) & _WORD
    return c0, c1, c2, c3


def random_words(seed: int, stream: int, position: int) -> Counter:
    """Four times 32 random bits for the generated number at ``position`` of ``stream``."""
    counter = (position & _WORD, position >> 32, stream & _WORD, stream >> 32)
    return philox4x32(counter, (seed & _WORD, seed >> 32))


def random_bits(seed: int, stream: int, position: int) -> int:
    """The 32 random bits for the generated class at ``position`` of ``stream``."""
    return random_words(seed, stream, position)[0]

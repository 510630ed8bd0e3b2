"""The sorted table of LevelDB, in which TensorFlow keeps what a checkpoint holds: keys and values.

After the format's public description: data blocks, an index block that says where they are, and a
footer of fixed length that says where the index is. A block is checked by its CRC-32C before a
byte of it is believed.
"""

from collections.abc import Iterator

from whisperwave.exchange.foreign.faults import damaged, unsupported
from whisperwave.exchange.foreign.protobuf import varint

_FOOTER_BYTES, _MAGIC = 48, b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
_TRAILER_BYTES = 5  # after each block: how it is packed, and its checksum
_WORD = 4
_MASK = 0xA282EAD8
_POLYNOMIAL = 0x82F63B78
_LONGEST_KEY = 65_536


def is_table(content: bytes) -> bool:
    """Whether it ends as a table ends."""
    return len(content) >= _FOOTER_BYTES and content.endswith(_MAGIC)


def entries(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Every key with its value, in their order.

    Raises:
        ModelFileError: ``IMPORT_DAMAGED``; ``IMPORT_UNSUPPORTED`` for a packed table.
    """
    if not is_table(content):
        raise damaged("it does not end as a table of TensorFlow's does")
    whole = memoryview(content)
    footer = whole[-_FOOTER_BYTES:]
    at = 0
    for _ in range(2):  # of the meta index, which nobody needs
        _, at = varint(footer, at)
    index, last = _block(whole, footer, at), b""
    for _, handle in _pairs(index):
        for key, value in _pairs(_block(whole, handle, 0)):
            if key < last:
                raise damaged("its keys are not in order")
            last = key
            yield key, value


def checked(content: memoryview, masked: int, what: str) -> memoryview:
    """The same bytes, whose masked CRC-32C is as expected.

    Raises:
        ModelFileError: ``IMPORT_DAMAGED``.
    """
    turned = (masked - _MASK) & 0xFFFFFFFF
    if crc32c(content) != ((turned >> 17) | (turned << 15)) & 0xFFFFFFFF:
        raise damaged(f"{what} does not match its checksum")
    return content


def crc32c(content: memoryview) -> int:
    """The checksum of Castagnoli's polynomial."""
    value, table = 0xFFFFFFFF, _TABLE
    for byte in content:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def _table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()


def _block(whole: memoryview, handle: memoryview, at: int) -> memoryview:
    """The block that a handle names: where it begins, and how long it is."""
    start, at = varint(handle, at)
    length, _ = varint(handle, at)
    end = start + length
    if end + _TRAILER_BYTES > len(whole) - _FOOTER_BYTES:
        raise damaged(f"a block of {length} bytes is announced beyond the file's end")
    checked(whole[start : end + 1], _little(whole, end + 1), "a block")
    if whole[end]:
        raise unsupported("its blocks are packed", "Save the checkpoint again, unpacked.")
    return whole[start:end]


def _pairs(block: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The keys and values of one block; a key begins as the one before it does."""
    restarts = _little(block, len(block) - _WORD) if len(block) >= _WORD else 0
    end = len(block) - _WORD * (restarts + 1)
    if end < 0 or not restarts:
        raise damaged("a block is too short")
    at, key = 0, b""
    while at < end:
        shared, at = varint(block, at)
        own, at = varint(block, at)
        length, at = varint(block, at)
        if shared > len(key) or at + own + length > end or shared + own > _LONGEST_KEY:
            raise damaged("an entry is longer than its block")
        key = key[:shared] + bytes(block[at : at + own])
        yield key, block[at + own : at + own + length]
        at += own + length


def _little(content: memoryview, at: int) -> int:
    return int.from_bytes(content[at : at + _WORD], "little")

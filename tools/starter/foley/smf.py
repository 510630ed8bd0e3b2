"""Standard MIDI files (format 0), as much as a solo needs, with times in seconds.

One quarter note lasts half a second (the format's default tempo, written out), so a tick is a
fixed part of a second.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TICKS_PER_QUARTER = 480
TICKS_PER_SECOND = 2 * TICKS_PER_QUARTER
TEMPO = bytes([0xFF, 0x51, 0x03]) + (500_000).to_bytes(3, "big")
END_OF_TRACK = bytes([0xFF, 0x2F, 0x00])


@dataclass(frozen=True, order=True)
class Event:
    """One channel message and the second at which it is sent."""

    time_s: float
    message: bytes


def program(number: int, channel: int = 0) -> Event:
    """Choose General MIDI instrument `number` (0..127) at the start."""
    return Event(0.0, bytes([0xC0 | channel, number]))


def control(time_s: float, controller: int, value: float, channel: int = 0) -> Event:
    """Set a controller; `value` is rounded and kept within 0..127."""
    return Event(time_s, bytes([0xB0 | channel, controller, min(127, max(0, round(value)))]))


def note(
    start_s: float, seconds: float, pitch: int, velocity: float, channel: int = 0
) -> tuple[Event, Event]:
    """A note's start and end; `velocity` is rounded and kept within 1..127."""
    on = Event(start_s, bytes([0x90 | channel, pitch, min(127, max(1, round(velocity)))]))
    return on, Event(start_s + seconds, bytes([0x80 | channel, pitch, 64]))


def variable_length(number: int) -> bytes:
    """MIDI's variable-length quantity: seven bits a byte, the last with its top bit clear."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | (number & 0x7F))
    return bytes(reversed(digits))


def encode(events: Iterable[Event]) -> bytes:
    """The whole file. At one tick: program, controls, ends, starts."""
    timed = sorted((round(e.time_s * TICKS_PER_SECOND), _rank(e), e.message) for e in events)
    track = variable_length(0) + TEMPO
    before = 0
    for tick, message in _ringing_on(timed):
        track += variable_length(tick - before) + message
        before = tick
    track += variable_length(0) + END_OF_TRACK
    header = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, TICKS_PER_QUARTER)
    return header + struct.pack(">4sI", b"MTrk", len(track)) + track


def _rank(event: Event) -> int:
    return (0xC0, 0xB0, 0x80, 0x90).index(event.message[0] & 0xF0)


def _ringing_on(timed: Iterable[tuple[int, int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Leave out the end of a note that was struck again: it would silence the new one."""
    sounding: Counter[tuple[int, int]] = Counter()
    for tick, _, message in timed:
        kind, key = message[0] & 0xF0, (message[0] & 0x0F, message[1])
        sounding[key] += {0x90: 1, 0x80: -1}.get(kind, 0)
        if kind != 0x80 or sounding[key] == 0:
            yield tick, message

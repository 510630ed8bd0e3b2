from itertools import pairwise

import numpy as np
import pytest
from foley import INSTRUMENTS, smf, takes
from foley.instruments import bowed, sustained
from foley.melody import MODES

SECONDS = 15.0
PROGRAMS = {
    "violin": 40,
    "cello": 42,
    "harp": 46,
    "piano": 0,
    "music-box": 10,
    "flute": 73,
    "kalimba": 108,
    "strings": 48,
    "guitar": 24,
    "choir": 52,
}
RANGES = {
    "violin": (55, 91),
    "cello": (36, 69),
    "harp": (28, 91),
    "piano": (33, 88),
    "music-box": (60, 103),
    "flute": (60, 96),
    "kalimba": (57, 93),
    "strings": (36, 96),
    "guitar": (40, 79),
    "choir": (48, 88),
}
CASES = [(name, variant, seed) for name in INSTRUMENTS for variant in range(4) for seed in (1, 2)]


def events_of(name, variant, seed):
    setting = takes.maker(name).VARIANTS[variant][1]
    return setting, takes.maker(name).score(setting, np.random.default_rng(seed), SECONDS)


def notes_of(events):
    """Start, end and pitch of each note: a start and its end stand next to each other."""
    sounded = [event for event in events if event.message[0] & 0xE0 == 0x80]
    pairs = zip(sounded[::2], sounded[1::2], strict=True)
    return sorted((on.time_s, off.time_s, on.message[1]) for on, off in pairs)


@pytest.mark.parametrize(("name", "variant", "seed"), CASES)
def test_every_tone_lies_in_the_mode_and_in_the_instruments_range(name, variant, seed):
    setting, events = events_of(name, variant, seed)
    low, high = RANGES[name]
    for _, _, pitch in notes_of(events):
        assert (pitch - setting.tonic) % 12 in MODES[setting.mode]
        assert low <= pitch <= high


@pytest.mark.parametrize(("name", "variant", "seed"), CASES)
def test_the_music_begins_at_once_never_stops_long_and_ends_in_time(name, variant, seed):
    notes = notes_of(events_of(name, variant, seed)[1])
    sounding_until = 0.2
    for start, end, _ in notes:
        assert start - sounding_until < 0.6
        sounding_until = max(sounding_until, end)
    assert notes[-1][0] < SECONDS - 1.5
    assert sounding_until > SECONDS - 1.5


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_the_score_names_its_instrument_and_nothing_else(name):
    _, events = events_of(name, 0, 1)
    programs = {event.message[1] for event in events if event.message[0] & 0xF0 == 0xC0}
    assert programs == {PROGRAMS[name]}


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_one_seed_writes_one_score_and_another_seed_another(name):
    first, again, other = (smf.encode(events_of(name, 0, seed)[1]) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", ["violin", "cello"])
@pytest.mark.parametrize("variant", range(4))
def test_a_solo_string_plays_one_tone_at_a_time_and_joins_them(name, variant):
    notes = notes_of(events_of(name, variant, 1)[1])
    joins = [end - start for (_, end, _), (start, _, _) in pairwise(notes)]
    assert max(joins) <= bowed.JOIN_S + 1e-9
    assert np.median(joins) > 0


@pytest.mark.parametrize("name", ["violin", "cello"])
@pytest.mark.parametrize("variant", range(4))
def test_a_solo_is_slow_and_never_repeats_a_tone(name, variant):
    notes = notes_of(events_of(name, variant, 1)[1])
    assert all(a[2] != b[2] for a, b in pairwise(notes))
    assert np.median([end - start for start, end, _ in notes]) > 0.8


@pytest.mark.parametrize("name", ["violin", "cello"])
def test_the_bow_swells_and_the_vibrato_opens_late(name):
    _, events = events_of(name, 0, 1)
    start, end, _ = notes_of(events)[0]
    swell, vibrato = (
        [e.message[2] for e in events if e.message[1] == kind and start <= e.time_s < end - 0.1]
        for kind in (bowed.EXPRESSION, bowed.MODULATION)
    )
    assert max(swell) > swell[0] + 20
    assert vibrato[0] == 0
    assert max(vibrato) > 10


@pytest.mark.parametrize("variant", range(4))
def test_a_flute_breathes_between_its_phrases_and_graces_lead_downwards(variant):
    notes = notes_of(events_of("flute", variant, 1)[1])
    gaps = [start - end for (_, end, _), (start, _, _) in pairwise(notes)]
    assert max(gaps) > 0.2
    graces = [(a, b) for a, b in pairwise(notes) if a[1] - a[0] < 0.1]
    assert all(0 < a[2] - b[2] <= 4 for a, b in graces)


@pytest.mark.parametrize("name", ["strings", "choir"])
@pytest.mark.parametrize("variant", range(4))
def test_voices_go_to_the_next_chord_by_short_ways(name, variant):
    setting, _ = events_of(name, variant, 1)
    chords = sustained.progression(setting, np.random.default_rng(1), SECONDS)
    for before, after in pairwise(chords):
        assert len(set(after.degrees[1:])) == 3
        moved = np.abs(np.subtract(after.degrees[1:], before.degrees[1:]))
        assert moved.max() <= 6
        assert np.median(moved) <= 2


@pytest.mark.parametrize("variant", range(4))
def test_a_choir_takes_breath_together(variant):
    notes = notes_of(events_of("choir", variant, 1)[1])
    starts, ends = (np.array([note[place] for note in notes]) for place in (0, 1))
    breaths = [t for t in np.arange(1, SECONDS - 1.5, 0.1) if not ((starts < t) & (t < ends)).any()]
    assert breaths


@pytest.mark.parametrize("variant", range(4))
def test_a_guitar_opens_with_a_downward_strum(variant):
    notes = notes_of(events_of("guitar", variant, 1)[1])
    first = notes[:5]
    assert [note[2] for note in first] == sorted(note[2] for note in first)
    assert 0.1 < first[-1][0] - first[0][0] < 0.3


@pytest.mark.parametrize("variant", range(4))
def test_a_kalimba_has_two_thumbs(variant):
    _, events = events_of("kalimba", variant, 1)
    notes = notes_of(events)
    together = sum(abs(a[0] - b[0]) < 1e-9 for a, b in pairwise(notes))
    assert together > 5

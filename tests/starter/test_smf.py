import struct

import pytest
from foley import smf


@pytest.mark.parametrize(
    ("number", "coded"),
    [
        (0, "00"),
        (0x7F, "7f"),
        (0x80, "8100"),
        (0x2000, "c000"),
        (0x3FFF, "ff7f"),
        (0xFFFFFFF, "ffffff7f"),
    ],
)
def test_lengths_are_coded_as_in_the_table_of_the_standard(number, coded):
    assert smf.variable_length(number).hex() == coded


def test_one_note_makes_the_file_that_the_standard_describes():
    track = "00ff510307a12000c02800903c508740803c4000ff2f00"
    made = smf.encode([smf.program(40), *smf.note(0, 1, 60, 80)])
    assert made.hex() == ("4d546864000000060000000101e04d54726b" + f"{len(track) // 2:08x}" + track)


def test_events_are_sent_in_the_order_of_their_times():
    early, late = smf.note(0.5, 0.1, 60, 80), smf.note(2, 0.1, 62, 80)
    assert smf.encode([*late, *early]) == smf.encode([*early, *late])


def test_a_controller_is_set_before_the_note_that_it_shapes():
    track = smf.encode([*smf.note(1, 1, 60, 80), smf.control(1, 11, 90)])
    assert track.index(bytes([0xB0, 11, 90])) < track.index(bytes([0x90, 60, 80]))


def test_a_tone_struck_again_is_not_ended_by_the_first_one():
    track = smf.encode([*smf.note(0, 3, 60, 80), *smf.note(1, 3, 60, 80)])
    assert track.count(bytes([0x90, 60])) == 2
    assert track.count(bytes([0x80, 60])) == 1
    assert track.index(bytes([0x80, 60])) > track.rindex(bytes([0x90, 60]))


def test_values_out_of_range_are_kept_within_seven_bits():
    assert smf.control(0, 1, 400).message[2] == 127
    assert smf.control(0, 1, -3).message[2] == 0
    assert smf.note(0, 1, 60, 0)[0].message[2] == 1


def test_the_track_length_counts_every_byte_after_it():
    made = smf.encode(smf.note(0, 1, 60, 80))
    assert struct.unpack(">I", made[18:22])[0] == len(made) - 22

import io
import struct

import numpy as np
import pytest
import soundfile
from foley import ogg

RATE = 44100


@pytest.fixture(scope="module")
def stream():
    rng = np.random.default_rng(1)
    return ogg.encode(rng.normal(0, 0.1, (2, RATE)).astype(np.float32), RATE, 0.75)


def test_the_checksum_is_the_standards_for_the_usual_nine_digits():
    assert ogg.checksum(b"123456789") == 0x89A1897F


def test_the_same_audio_gives_the_same_bytes(stream):
    rng = np.random.default_rng(1)
    again = ogg.encode(rng.normal(0, 0.1, (2, RATE)).astype(np.float32), RATE, 0.75)
    assert again == stream


def test_every_page_carries_the_fixed_serial(stream):
    starts = ogg.page_starts(stream)
    serials = {struct.unpack_from("<I", stream, at + ogg.SERIAL_AT)[0] for at in starts}
    assert len(starts) > 2
    assert serials == {ogg.SERIAL}


def test_an_encoders_own_pages_keep_their_checksums_under_their_own_serial():
    file = io.BytesIO()
    soundfile.write(file, np.zeros((RATE, 2)), RATE, format="OGG", subtype="VORBIS")
    written = file.getvalue()
    assert ogg.with_serial(written, struct.unpack_from("<I", written, ogg.SERIAL_AT)[0]) == written


def test_what_was_written_decodes_to_its_full_length(stream):
    audio, rate = soundfile.read(io.BytesIO(stream))
    assert audio.shape == (RATE, 2)
    assert rate == RATE

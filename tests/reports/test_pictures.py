import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from whisperwave import reports
from whisperwave.errors import AudioError, OutputError

RATE = 16_000
WRITERS = [reports.write_waveform_png, reports.write_spectrogram_png]
Writer = Callable[[Path, np.ndarray, int], None]


def decode(data: bytes) -> np.ndarray:
    """The pixels [height, width, 3] of a truecolour PNG, read chunk by chunk."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks: list[tuple[bytes, bytes]] = []
    position = 8
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        kind, content = data[position + 4 : position + 8], data[position + 8 :][:length]
        assert (
            zlib.crc32(kind + content) == struct.unpack_from(">I", data, position + 8 + length)[0]
        )
        chunks.append((kind, content))
        position += 12 + length
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, colour, rest) == (8, 2, [0, 0, 0])
    rows = np.frombuffer(zlib.decompress(chunks[1][1]), np.uint8).reshape(height, -1)
    assert set(rows[:, 0]) == {2}  # every row is stored as its difference from the one above
    return np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8).reshape(height, width, 3)


def sine(f_hz: float, level: float = 0.5, seconds: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * f_hz * np.arange(int(seconds * RATE)) / RATE)


def _drawn(write: Writer, tmp_path: Path, audio: np.ndarray) -> np.ndarray:
    path = tmp_path / "picture.png"
    write(path, audio, RATE)
    return decode(path.read_bytes())


@pytest.mark.parametrize("write", WRITERS)
def test_a_picture_is_1200_pixels_wide(write: Writer, tmp_path: Path) -> None:
    assert _drawn(write, tmp_path, sine(440)).shape[1] == 1200


def test_a_1_khz_sine_is_brightest_at_its_tick(tmp_path: Path) -> None:
    pixels = _drawn(reports.write_spectrogram_png, tmp_path, sine(1000)).astype(int)
    brightness = pixels[42:462, 584].sum(-1)
    tick = 42 + _dark_rows(pixels[42:462, 75])[3]  # 0.1, 0.25, 0.5, 1 from below
    # A sine at the edge of two rows brightens both; its place is the middle of the brightest.
    brightest = 42 + np.flatnonzero(brightness == brightness.max()).mean() + 0.5
    assert brightest == pytest.approx(tick, abs=2)


def _dark_rows(column: np.ndarray) -> np.ndarray:
    """Rows of an axis where a tick stands, from below."""
    return np.flatnonzero((column < 100).all(-1))[::-1]


def test_a_louder_wave_fills_more_of_its_lane(tmp_path: Path) -> None:
    quiet, loud = (
        (_drawn(reports.write_waveform_png, tmp_path, sine(440, level))[:, 600] < 200).any(-1).sum()
        for level in (0.55, 0.95)
    )
    assert loud / quiet == pytest.approx(0.95 / 0.55, rel=0.05)


def test_two_channels_are_two_lanes(tmp_path: Path) -> None:
    mono = _drawn(reports.write_waveform_png, tmp_path, sine(440))
    stereo = _drawn(reports.write_waveform_png, tmp_path, np.stack([sine(440), sine(440)]))
    assert stereo.shape[0] > mono.shape[0]


@pytest.mark.parametrize("write", WRITERS)
def test_silence_is_drawn_too(write: Writer, tmp_path: Path) -> None:
    assert _drawn(write, tmp_path, np.zeros(4000)).shape[1] == 1200


@pytest.mark.parametrize(
    "audio",
    [np.zeros(1), np.ones(1), np.zeros((2, 5)), np.full(300, 8.0), np.ones(3) * 1e-9],
    ids=["one-zero", "one-sample", "five-samples", "past-full-scale", "almost-silence"],
)
def test_odd_sounds_have_a_waveform(tmp_path: Path, audio: np.ndarray) -> None:
    assert _drawn(reports.write_waveform_png, tmp_path, audio).shape[1] == 1200


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(
    ("audio", "code"),
    [(np.zeros(0), "AUDIO_NO_SAMPLES"), (np.array([0.0, np.nan]), "AUDIO_NONFINITE")],
)
def test_nothing_and_nan_are_refused(
    write: Writer, tmp_path: Path, audio: np.ndarray, code: str
) -> None:
    with pytest.raises(AudioError) as caught:
        write(tmp_path / "picture.png", audio, RATE)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", WRITERS)
def test_a_missing_folder_is_an_output_error(write: Writer, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write(tmp_path / "none" / "picture.png", sine(440), RATE)


@pytest.mark.parametrize("write", WRITERS)
def test_the_same_sound_is_the_same_file(write: Writer, tmp_path: Path) -> None:
    first, second = tmp_path / "1.png", tmp_path / "2.png"
    write(first, sine(440), RATE)
    write(second, sine(440), RATE)
    assert first.read_bytes() == second.read_bytes()


def test_a_small_spectrogram_is_small_and_shows_the_same(tmp_path: Path) -> None:
    pixels = _drawn(reports.write_small_spectrogram_png, tmp_path, sine(1000)).astype(int)
    assert pixels.shape == (88, 208, 3)
    rows = pixels[:, 104].sum(-1)
    large = _drawn(reports.write_spectrogram_png, tmp_path, sine(1000)).astype(int)[42:462, 584]
    assert rows.argmax() / 88 == pytest.approx(large.sum(-1).argmax() / 420, abs=0.02)

"""What a sound file says about itself, checked against its own length before any decoder runs."""

from dataclasses import dataclass

from whisperwave.errors import AudioError

RATES_HZ = range(1_000, 768_001)
MOST_CHANNELS = 64
SIZE_UNKNOWN = "SIZE_UNKNOWN: the header does not say how long the sound is; all of it was read."


@dataclass(frozen=True)
class Pcm:
    """Where plain numbers lie in a file: ``frames`` of ``channels`` from byte ``start`` on."""

    start: int
    frames: int
    channels: int
    bits: int
    is_float: bool


@dataclass(frozen=True)
class Header:
    """What a container promises.

    ``expected_frames`` is None where the file does not say. ``is_cut`` is true where its structure
    runs past its end. ``damage`` names a fault inside it. ``tolerance`` is how many frames a
    decoder may rightly give less than expected. ``md5`` is FLAC's digest of the samples, which have
    ``bits`` bits. The decoder gets ``prefix`` and then the content from byte ``skip`` to byte
    ``end``, for some decoders take what stands behind the sound for sound. ``pcm`` is given where
    the sound needs no decoder.
    """

    kind: str
    sample_rate: int | None = None
    expected_frames: int | None = None
    is_cut: bool = False
    damage: str = ""
    tolerance: int = 0
    notes: tuple[str, ...] = ()
    md5: str = ""
    bits: int = 0
    skip: int = 0
    end: int | None = None
    prefix: bytes = b""
    pcm: Pcm | None = None

    def decodable(self, content: bytes) -> bytes:
        """The bytes for the decoder."""
        is_whole = not self.skip and self.end is None and not self.prefix
        return content if is_whole else self.prefix + content[self.skip : self.end]


def checked_rate(sample_rate: int) -> int:
    """``sample_rate`` if a recording can have it."""
    if sample_rate not in RATES_HZ:
        raise AudioError(
            "AUDIO_BAD_RATE",
            f"The header gives a sample rate of {sample_rate} Hz.",
            f"Rates from {RATES_HZ.start} to {RATES_HZ.stop - 1} Hz are read; export it again.",
        )
    return sample_rate


def checked_channels(channels: int) -> int:
    """``channels`` if a recording can have so many."""
    if not 1 <= channels <= MOST_CHANNELS:
        raise AudioError(
            "AUDIO_BAD_CHANNELS",
            f"The header gives {channels} channels.",
            f"1 to {MOST_CHANNELS} channels are read; export it again.",
        )
    return channels


def header_truncated(offset: int) -> AudioError:
    """The error for a file that ends at ``offset``, inside its own header."""
    return AudioError(
        "AUDIO_HEADER_TRUNCATED",
        f"The file ends at byte {offset}, inside its header.",
        "Copy or export the file again.",
    )


def mismatch(what: str) -> AudioError:
    """The error for a header that contradicts itself or the file."""
    return AudioError("AUDIO_HEADER_MISMATCH", what, "Open it in an audio editor and export it.")


def no_samples() -> AudioError:
    """The error for a sound file that holds no sound."""
    return AudioError(
        "AUDIO_NO_SAMPLES", "The file is a sound file without a single sample.", "Record it again."
    )


def unsupported_codec(name: str) -> AudioError:
    """The error for a known container with an encoding inside that is not read."""
    return AudioError(
        "AUDIO_UNSUPPORTED_CODEC",
        f"The sound inside is encoded as {name}.",
        "Export it as WAV (PCM), FLAC, Ogg Vorbis, Opus or MP3.",
    )


def unsupported_bits(bits: int) -> AudioError:
    """The error for a sample width that is not read."""
    return AudioError(
        "AUDIO_UNSUPPORTED_BITS",
        f"The header gives {bits} bits per sample.",
        "8, 16, 24 and 32 bits are read, and 64 for floating point; export it again.",
    )

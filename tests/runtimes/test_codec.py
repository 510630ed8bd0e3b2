import numpy as np
import pytest
from tiny_wavenets import TINY, signature

from whisperwave.errors import EngineError
from whisperwave.runtimes.codec import Codec


def test_every_class_is_the_code_of_its_own_value():
    codec = Codec(levels=256, preemphasis=0.0)
    np.testing.assert_array_equal(codec.encode(codec.values, 0.0), np.arange(256))


def test_encoding_in_two_parts_gives_the_same_classes():
    audio = np.random.default_rng(0).uniform(-1, 1, 100).astype(np.float32)
    codec = Codec(levels=256, preemphasis=0.85)
    parts = np.append(codec.encode(audio[:37], 0.0), codec.encode(audio[37:], float(audio[36])))
    np.testing.assert_array_equal(parts, codec.encode(audio, 0.0))


def test_a_codec_of_values_has_no_classes_to_decode():
    assert Codec(levels=0, preemphasis=0.5, channels=2).values.shape == (0,)


def test_silence_is_the_middle_class():
    assert Codec(levels=256, preemphasis=0.5).silence == 128


def test_an_unknown_codec_is_refused_by_name():
    known = signature(TINY)
    foreign = type(known)(**{**vars(known), "codec": {"name": "linear16"}})
    with pytest.raises(EngineError, match="linear16"):
        Codec.of(foreign)


def test_listed_classes_are_cut_at_their_edges_and_stand_for_their_values():
    table = {"name": "classes", "levels": 4, "preemphasis": 0.0}
    table |= {"values": [-0.75, -0.25, 0.125, 0.5], "edges": [-0.5, 0.0, 0.25]}
    known = signature(TINY)
    codec = Codec.of(type(known)(**{**vars(known), "codec": table}))
    audio = np.array([-1.0, -0.5, -0.4, 0.0, 0.2, 0.25, 1.0], np.float32)
    np.testing.assert_array_equal(codec.encode(audio, 0.0), [0, 1, 1, 2, 2, 3, 3])
    np.testing.assert_array_equal(codec.values, np.float32(table["values"]))
    assert codec.silence == 2

import pytest

from whisperwave.generation import ClassName, Picks
from whisperwave.generation.grid.voices import voices_of
from whisperwave.generation.instrument import ready


def test_a_model_of_classes_is_asked_by_their_names(class_path, library):
    voices = voices_of(ready(class_path), library)
    assert voices == {name: ClassName(name) for name in ("hiss", "hum", "pulse")}


def test_a_model_of_clips_is_asked_for_the_first_of_each_style(model_path, library):
    voices = voices_of(ready(model_path), library)
    assert voices == {
        "hiss": Picks.parse(["5 6"]),
        "hum": Picks.parse(["1 2"]),
        "pulse": Picks.parse(["9 10"]),
    }


def test_wanted_classes_come_in_their_order_and_unknown_ones_with_a_reason(class_path, library):
    voices = voices_of(ready(class_path), library, ["pulse", "moo", "hum"])
    assert list(voices) == ["pulse", "moo", "hum"]
    assert voices["moo"].code == "UNKNOWN_CLASS"
    assert "hiss, hum, pulse" in voices["moo"].remedy


@pytest.mark.parametrize("extra", ["yodel"])
def test_a_class_without_clips_cannot_be_told_an_outline(excitation_path, library, extra):
    instrument = ready(excitation_path)
    features = dict(instrument.file.features) | {"style": {"classes": ["hum", extra]}}
    object.__setattr__(instrument.file, "features", features)
    voices = voices_of(instrument, library)
    assert voices["hum"] == Picks.parse(["1 2"])
    assert voices[extra].code == "CLIPS_NEEDED"


def test_a_model_without_styles_has_one_voice(class_path, library):
    instrument = ready(class_path)
    inputs = instrument.file.signature.inputs[:1]
    object.__setattr__(instrument.file.signature, "inputs", inputs)
    object.__setattr__(instrument.file, "features", {})
    assert voices_of(instrument, library) == {"any": ClassName("")}

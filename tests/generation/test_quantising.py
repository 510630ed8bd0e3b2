"""From a model file to one that offers every precision, with what each costs."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from whisperwave import modelfile, runtimes
from whisperwave.errors import (
    AudioError,
    ConfigError,
    EngineError,
    ModelFileError,
    OutputError,
)
from whisperwave.generation import Picks, quantising
from whisperwave.generation.evaluation.foretelling import bits_of
from whisperwave.generation.quantising import Quantisation, quantise
from whisperwave.runtimes.calibration import NORMS, calibrations

SECONDS = 0.2


@pytest.fixture
def path(model_path, tmp_path):
    """A model file that was never quantised, in a folder of its own."""
    (tmp_path / "model").mkdir()
    return shutil.copy(model_path, tmp_path / "model" / "tiny.safetensors")


@pytest.fixture
def request_for(path):
    def build(**changes):
        return replace(Quantisation(path, seconds=SECONDS), **changes)

    return build


def test_a_quantised_model_offers_every_precision_and_says_what_each_costs(
    request_for, path, library
):
    assert modelfile.read(path).offered == ("float32",)
    made = quantise(request_for(), library)
    file, found = modelfile.read_verified(path)
    assert (made.output, made.digest) == (path, found.digest)
    assert file.offered == ("float32", "bfloat16", "int8")
    for cost in file.precisions.values():
        assert cost.clips == 6  # of three styles two are held out
        assert cost.samples == 6 * round(SECONDS * 16_000)
        assert 5 < cost.bits_before < 20
        assert 0 < abs(cost.bits) < 0.01
    assert len({cost.bits_before for cost in file.precisions.values()}) == 1


def test_quantising_changes_no_weight(request_for, path, library):
    before = modelfile.read(path)
    quantise(request_for(), library)
    after = modelfile.read(path)
    assert after.weights.keys() == before.weights.keys()
    for name, array in before.weights.items():
        np.testing.assert_array_equal(after.weights[name], array)
    assert after.provenance == before.provenance
    assert after.exam.outputs.keys() == before.exam.outputs.keys()


def test_the_exam_is_passed_in_every_precision_with_room_for_as_much_again(
    request_for, path, library
):
    quantise(request_for(), library)
    file = modelfile.read(path)
    passed = runtimes.sit_all_exams(file)
    assert set(passed["native"]) == {"float32", "bfloat16", "int8"}
    assert set(passed["reference"]) == {"float32"}
    for precision in ("bfloat16", "int8"):
        error = passed["native"][precision]["logits"]
        assert file.exam.tolerances[precision] == pytest.approx(2 * error, rel=0.06)


def test_the_same_model_and_clips_give_the_same_bytes(request_for, path, library, tmp_path):
    other = tmp_path / "other.safetensors"
    quantise(request_for(output=other), library)
    quantise(request_for(), library)
    assert other.read_bytes() == path.read_bytes()
    quantise(request_for(), library)  # what is quantised already is quantised anew
    assert other.read_bytes() == path.read_bytes()


def test_every_other_pick_measures_and_the_rest_calibrate(request_for, path, library):
    made = quantise(request_for(picks=Picks.parse(["1", "5", "2"])), library)
    assert made.file.precisions["int8"].clips == 1
    others = quantise(request_for(picks=Picks.parse(["1", "6", "2"])), library)
    costs = [each.file.precisions["int8"].bits_before for each in (made, others)]
    assert costs[0] != costs[1]
    for name, limits in made.file.calibration.items():
        np.testing.assert_array_equal(limits, others.file.calibration[name])


def test_a_model_of_excitations_is_quantised_alike(excitation_path, request_for, library, tmp_path):
    own = tmp_path / "own.safetensors"
    made = quantise(request_for(model=excitation_path, output=own), library)
    assert abs(made.file.precisions["int8"].bits) < 0.01


def test_progress_ends_at_the_end(request_for, library):
    heard = []
    quantise(request_for(), library, lambda *step: heard.append(step))
    total = 2 * 6 + len(NORMS) * 6 + 3 * 6
    assert heard == [(done, total) for done in range(1, total + 1)]


def test_the_calibration_that_costs_the_fewest_bits_is_kept(request_for, library, monkeypatch):
    found, bits = [], []

    def of_any_size(file, streams):
        (one,) = calibrations(file, streams, [2.0])
        found.extend({name: size * limits for name, limits in one.items()} for size in (5, 0.3, 20))
        return found

    def noted(runtime, heard, guide):
        if runtime.precision == "int8":
            bits.append(bits_of(runtime, heard, guide))
            return bits[-1]
        return bits_of(runtime, heard, guide)

    monkeypatch.setattr(quantising, "calibrations", of_any_size)
    monkeypatch.setattr(quantising, "bits_of", noted)
    made = quantise(request_for(), library)
    costs = np.reshape(bits[:18], (3, 6)).mean(axis=1)
    assert len(bits) == 4 * 6
    assert len(set(costs)) == 3
    for name, limits in found[int(np.argmin(costs))].items():
        np.testing.assert_array_equal(made.file.calibration[name], limits)


@pytest.mark.parametrize("step", [1, 12, 30, 60])
def test_an_interruption_leaves_the_old_file_and_no_other(request_for, path, library, step):
    before = path.read_bytes()

    def stop(done, _total):
        if done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quantise(request_for(), library, stop)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_shipped_model_is_not_written_over(request_for, library):
    with pytest.raises(ConfigError, match=r"SHIPPED_MODEL.*--output"):
        quantise(request_for(model="calm"), library)


@pytest.mark.parametrize("place", ["", "none/here.safetensors"])
def test_a_place_that_cannot_be_written_to_is_refused_before_any_work(
    request_for, library, tmp_path, place
):
    with pytest.raises(OutputError, match="NO_SUCH_FOLDER"):
        quantise(request_for(output=tmp_path / place), library, _must_not_begin)


def test_one_clip_is_not_enough(request_for, library):
    with pytest.raises(ConfigError, match="TWO_CLIPS_NEEDED"):
        quantise(request_for(picks=Picks.parse(["1"])), library)


def test_a_clip_shorter_than_what_the_model_looks_back_on_is_named(request_for, library, tmp_path):
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "short.wav", 0.1 * rng.standard_normal(40), 16_000)
    number = library.add(tmp_path / "short.wav").clip.number
    with pytest.raises(AudioError, match=f"AUDIO_TOO_SHORT.*clip {number}"):
        quantise(request_for(picks=Picks.parse(["1", str(number)])), library)


def test_a_model_that_fails_its_exam_is_left_as_it_is(request_for, path, library):
    model = modelfile.read(path)
    wrong = {"logits": 1 + model.exam.outputs["logits"]}
    modelfile.write(path, replace(model, exam=replace(model.exam, outputs=wrong)))
    before = path.read_bytes()
    with pytest.raises(EngineError, match="EXAM_FAILED"):
        quantise(request_for(), library, _must_not_begin)
    assert path.read_bytes() == before


def test_a_damaged_model_is_refused(request_for, path, library):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="MODEL_TENSOR_DIGEST"):
        quantise(request_for(), library)


def _must_not_begin(_done, _total):
    raise AssertionError("work had begun")

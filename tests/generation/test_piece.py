import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tinytag import TinyTag

from whisperwave.errors import ConfigError, LibraryError, ModelFileError, OutputError
from whisperwave.generation import Length, Mastering, Picks, Request, generate
from whisperwave.runtimes import Sampling

PICKS = Picks.parse(["3", "7:2", "12"])


@pytest.fixture
def request_for(model_path, tmp_path):
    def build(name="calm.wav", **changes):
        request = Request(
            PICKS, tmp_path / name, Length(0.5), seed=1, model=str(model_path), wide=False
        )
        return replace(request, **changes)

    return build


@pytest.mark.parametrize("name", ["calm.wav", "calm.flac", "calm.ogg", "calm.mp3", "CALM.WAV"])
def test_the_same_request_gives_the_same_bytes(request_for, library, name):
    path = generate(request_for(name), library).output
    first = path.read_bytes()
    path.unlink()
    generate(request_for(name), library)
    assert path.read_bytes() == first


@pytest.mark.parametrize(("rate", "given"), [(None, 48_000), (44_100, 44_100)])
def test_a_wide_piece_has_two_channels_and_the_top_octaves(request_for, library, rate, given):
    request = request_for(wide=True, picks=Picks.parse(["5"]), sample_rate=rate)
    result = generate(request, library)
    audio, read_rate = soundfile.read(result.output)
    assert audio.shape == (given // 2, 2)
    assert (read_rate, result.measured.sample_rate, result.measured.channels) == (given, given, 2)
    first = request.output.read_bytes()
    generate(request, library)
    assert request.output.read_bytes() == first


def test_the_prime_before_a_wide_piece_is_heard_in_both_ears(request_for, library):
    result = generate(request_for(wide=True, keep_prime=True), library)
    audio, _ = soundfile.read(result.output)
    assert len(audio) >= 24_000 + 48_000
    ahead = audio[24_000:40_000]
    assert ahead.any()
    assert np.ptp(ahead[:, 0] - ahead[:, 1]) < 1e-3 < np.ptp(ahead[:, 0])  # but for their means


def test_another_seed_gives_other_sound_and_other_picks_too(request_for, library):
    made = {
        generate(request_for(seed=seed, picks=Picks.parse(picks)), library).output.read_bytes()
        for seed, picks in [(1, ["3"]), (2, ["3"]), (1, ["7"]), (1, ["3", "7"]), (1, ["3:2", "7"])]
    }
    assert len(made) == 5


@pytest.mark.parametrize("rate", [None, 16_000, 22_050, 44_100, 8_000])
def test_a_length_in_samples_of_the_output_is_exact(request_for, library, rate):
    request = request_for(length=Length(samples=4_321), sample_rate=rate)
    written = soundfile.info(generate(request, library).output)
    assert (written.frames, written.samplerate) == (4_321, rate or 16_000)


def test_the_finished_sound_meets_its_targets(request_for, library):
    targets = Mastering(loudness_lufs=-27.0, ceiling_dbtp=-6.0)
    result = generate(request_for(length=Length(3.0), mastering=targets), library)
    audio, _ = soundfile.read(result.output)
    assert result.measured.loudness_lufs == pytest.approx(-27.0, abs=0.1)
    assert result.measured.true_peak_dbtp <= -6.0
    assert np.abs(audio).max() <= 10 ** (-6 / 20)
    assert abs(audio.mean()) < 1e-3
    assert abs(audio[0]) < 1e-4 > abs(audio[-1])


def test_the_prime_is_in_the_output_only_when_asked_for(request_for, library):
    without = soundfile.info(generate(request_for(), library).output).frames
    kept = soundfile.info(generate(request_for(keep_prime=True), library).output).frames
    assert without == 8_000
    assert kept >= without + 16_000


def test_the_result_is_a_recipe_that_a_program_can_read(request_for, library, tiny_model):
    result = generate(request_for(), library).as_mapping()
    assert json.loads(json.dumps(result, allow_nan=False)) == json.loads(json.dumps(result))
    assert result["audio_seconds"] == 0.5
    assert result["times_real_time"] == pytest.approx(0.5 / result["elapsed_seconds"])
    assert result["samples_per_second"] > 0
    assert (result["precision"], result["threads"], result["seed"]) == ("float32", 1, 1)
    assert [(p["number"], p["weight"]) for p in result["picks"]] == [(3, 1.0), (7, 2.0), (12, 1.0)]
    assert result["picks"][0]["digest"] == library.clip(3).digest
    assert result["style_distance"] > 0


def test_tags_name_model_seed_and_picks_but_no_path(request_for, library, tmp_path):
    result = generate(request_for("night.flac"), library)
    tag = TinyTag.get(result.output)
    assert (
        f"model=wavenet@{result.recipe.digest[:12]} precision=float32 seed=1 picks=3:1 7:2 12:1"
        in tag.comment
    )
    assert "AI-generated" in tag.title
    assert str(tmp_path).encode() not in result.output.read_bytes()


def test_progress_ends_at_the_whole_length(request_for, library):
    heard = []
    generate(request_for(), library, lambda done, total: heard.append((done, total)))
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx((0.5, 0.5))
    assert len(heard) > 1


def test_pictures_are_drawn_beside_the_sound(request_for, library):
    pictures = generate(request_for(pictures=True), library).pictures
    assert [path.name for path in pictures] == ["calm-waveform.png", "calm-spectrogram.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)


def test_the_likeliest_class_at_temperature_zero_needs_no_seed(request_for, library):
    calm = Sampling(temperature=0.0)
    made = [
        soundfile.read(generate(request_for(sampling=calm, seed=1), library).output)[0]
        for _ in range(2)
    ]
    assert np.array_equal(*made)


def test_the_persons_own_library_is_opened_when_none_is_given(request_for, library):
    # The fixture has filled the data folder; its clips are starter clips of another folder.
    with pytest.raises(LibraryError):
        generate(request_for(picks=Picks.parse(["999"])))


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"picks": Picks.parse(["99"])}, LibraryError, "NO_SUCH_CLIP"),
        ({"model": "clam"}, ModelFileError, "NO_SUCH_MODEL"),
        ({"output": Path("no/such/folder/a.wav")}, OutputError, "NO_SUCH_FOLDER"),
        ({"output": Path("calm.aac")}, OutputError, "UNKNOWN_FORMAT"),
        ({"output": Path("calm")}, OutputError, "UNKNOWN_FORMAT"),
        ({"length": Length(samples=10**10)}, ConfigError, "BAD_LENGTH"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_written(
    request_for, library, tmp_path, changes, error, code
):
    before = sorted(tmp_path.rglob("*.*"))
    with pytest.raises(error) as caught:
        generate(request_for(**changes), library)
    assert caught.value.code == code
    assert caught.value.remedy
    assert sorted(tmp_path.rglob("*.*")) == before


@pytest.mark.parametrize(
    "make",
    [
        lambda: Length(seconds=0.0),
        lambda: Length(seconds=float("nan")),
        lambda: Length(seconds=3601.0),
        lambda: Length(samples=0),
        lambda: Request(PICKS, Path("a.wav"), seed=-1),
        lambda: Request(PICKS, Path("a.wav"), seed=2**64),
        lambda: Request(PICKS, Path("a.wav"), sample_rate=100),
    ],
)
def test_impossible_numbers_are_refused_when_they_are_written_down(make):
    with pytest.raises(ConfigError) as caught:
        make()
    assert caught.value.remedy

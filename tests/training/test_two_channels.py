"""Two channels stay together: what is generated is as alike on both sides as its material."""

import json

import numpy as np
import pytest
import soundfile
from tiny_runs import train

from whisperwave import modelfile, runtimes
from whisperwave.cli import main
from whisperwave.datasets import read_prepared
from whisperwave.datasets.preparing import Job
from whisperwave.datasets.preparing import prepare as make
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.errors import EngineError
from whisperwave.generation.evaluation import HeldOutEvaluation, evaluate_held_out
from whisperwave.generation.evaluation.foretelling import foretold, tokens_of
from whisperwave.generation.grid import GridRequest, make_grid
from whisperwave.generation.retelling import guide_along

ALIKE = {"centre": 0.9, "wide": 0.1}
VALUES = [
    "model.classes=0", "model.scalar_input=1", "model.gaussians=1", "model.channels=2",
    "model.control_channels=0",
]  # fmt: skip


def correlation(audio: np.ndarray) -> float:
    """Between the two channels of ``[T, 2]``."""
    return float(np.corrcoef(audio.T)[0, 1])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Noise of two classes, of which one is nearly the same on both sides."""
    folder, draw = tmp_path_factory.mktemp("stereo"), np.random.default_rng(0)
    for name, share in ALIKE.items():
        (folder / "sounds" / name).mkdir(parents=True)
        for number in range(3):
            common, own = draw.standard_normal(16000), draw.standard_normal((2, 16000))
            audio = 0.1 * (np.sqrt(share) * common + np.sqrt(1 - share) * own)
            soundfile.write(folder / "sounds" / name / f"{number}.wav", audio.T, 16000)
    recipe = Recipe((Source(str(folder / "sounds")),), channels=2, test=0.0)
    make(Job(recipe, folder / "set"))
    return folder / "set"


@pytest.fixture(scope="module")
def model(prepared):
    words = ["data.style=classes", "model.conditioning_channels=2", "trainer.steps=300"]
    path, _ = train(prepared, *VALUES, *words, "trainer.preview_seconds=1")
    return path


@pytest.mark.parametrize("name", ALIKE)
def test_m12_generated_sound_is_as_alike_on_both_sides_as_its_material(
    prepared, model, tmp_path, name
):
    heard = [
        correlation(soundfile.read(path)[0])
        for path in sorted((prepared.parent / "sounds" / name).glob("*.wav"))
    ]
    output = tmp_path / "out.wav"
    words = ["--class", name, "--seconds", "2", "--seed", "1", "--output", str(output)]
    assert main(["generate", "--model", str(model), *words]) == 0
    played, _ = soundfile.read(output)
    assert played.shape[1] == 2
    assert correlation(played) == pytest.approx(np.mean(heard), abs=0.12)


def test_two_channels_can_be_streamed_primed_and_drawn(model, tmp_path, library):
    output = tmp_path / "stream.wav"
    words = ["--class", "wide", "--seconds", "1", "--seed", "1", "--output", str(output)]
    assert main(["stream", "--model", str(model), *words]) == 0
    assert soundfile.info(output).channels == 2
    kept = tmp_path / "kept.flac"
    words = ["--class", "wide", "--seconds", "1", "--keep-prime", "--pictures"]
    assert main(["generate", "--model", str(model), *words, "--output", str(kept)]) == 0
    assert soundfile.info(kept).channels == 2


def test_m12_the_engine_measures_of_both_channels_what_the_run_has_logged(
    prepared, model, tmp_path
):
    log = (model.parent / "log.jsonl").read_text().splitlines()
    logged = [json.loads(line)["validation_bits"] for line in log if '"validation"' in line][-1]
    place = tmp_path / "listen"
    request = HeldOutEvaluation(str(model), prepared, seconds=0.9, listening=place)
    result = evaluate_held_out(request)
    assert result["trained_on_these"]
    measured = result["splits"]["validation"]
    assert measured["bits_per_sample"] == pytest.approx(logged, abs=0.1)
    for kind in ("heard", "played"):
        audio, _ = soundfile.read(place / f"00-{kind}.wav")
        name = result["per_excerpt"]["validation"][0]["class"]
        assert audio.shape[1] == 2
        assert correlation(audio) == pytest.approx(ALIKE[name], abs=0.15)


def test_bits_are_those_of_middle_and_difference(model, prepared):
    """Left and right in each other's place are foretold as well; one of them alone is not."""
    file, sounds = modelfile.read(model), read_prepared(prepared)
    excerpt = next(e for e in sounds.of("validation") if e.group == "centre")
    audio = sounds.audio(excerpt)
    runtime = runtimes.load(file)

    def bits(heard):
        guide = guide_along(runtime, file, heard, "centre")
        return foretold(runtime, tokens_of(file.signature, heard), guide).bits

    assert bits(audio[::-1].copy()) == pytest.approx(bits(audio), abs=0.02)
    apart = np.stack([audio[0], np.roll(audio[1], 500)])
    assert bits(apart) > bits(audio) + 0.5


def test_one_channel_for_a_model_of_two_is_refused_with_what_to_prepare(model, prepared, capsys):
    sounds = str(prepared.parent / "sounds")
    assert main(["evaluate", "model", str(model), "--data", sounds]) == 2
    refusal = capsys.readouterr().err
    assert refusal.startswith("OTHER_CHANNELS")
    assert "--channels 2" in refusal


def test_a_model_of_two_channels_is_calibrated_by_a_set_of_two(prepared, model, tmp_path, capsys):
    output = tmp_path / "quantised.safetensors"
    words = ["quantise", str(model), "--output", str(output), "--data"]
    assert main([*words, str(prepared.parent / "sounds")]) == 2
    assert capsys.readouterr().err.startswith("OTHER_CHANNELS")
    assert main([*words, str(prepared)]) == 0
    assert {"bfloat16", "int8"} <= modelfile.read(output).precisions.keys()


def test_the_style_of_two_channels_is_evaluated_by_their_mean(prepared, model, capsys):
    words = ["evaluate", "style", "--model", str(model), "--data", str(prepared), "--quick"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"model", "style_only", "prime_only", "granular", "real"} <= found["performers"].keys()
    assert found["per_style"].keys() == ALIKE.keys()
    assert found["bits_per_sample"] is None
    assert main(words) == 0
    assert "whisperwave evaluate model" in capsys.readouterr().out


def test_one_channel_is_never_taken_for_two(model):
    with pytest.raises(EngineError, match="TWO_CHANNELS"):
        tokens_of(modelfile.read(model).signature, np.zeros(100, np.float32))


def test_g4_a_grid_of_a_model_of_two_channels_is_heard_in_two(prepared, model, library, tmp_path):
    request = GridRequest(
        (str(model),), tmp_path / "grid", checkpoints=("last",), seconds=2.5, data=prepared
    )
    grid = make_grid(request, library)
    assert grid.missing == ()
    assert {cell.style for cell in grid.cells} == set(ALIKE)
    for cell in grid.cells:
        audio, _ = soundfile.read(grid.page.parent / cell.sound)
        assert audio.shape[1] == 2
        assert correlation(audio) == pytest.approx(ALIKE[cell.style], abs=0.15)
        assert cell.figures["channels"] == 2
        assert (grid.page.parent / cell.picture).is_file()
        assert cell.likeness.distance > 0


def test_clips_prime_both_channels_of_a_model_of_styles(prepared, tmp_path, own_clips):
    path, _ = train(prepared, *VALUES, "trainer.steps=2", "name=style")
    output = tmp_path / "out.wav"
    words = ["--input", own_clips[0], "--seconds", "1", "--output", str(output)]
    assert main(["generate", "--model", str(path), *words]) == 0
    assert soundfile.info(output).channels == 2


def test_an_outline_for_two_channels_is_refused_with_what_to_do(
    prepared, tmp_path, own_clips, capsys
):
    words = [word for word in VALUES if "control" not in word]
    path, _ = train(prepared, *words, "trainer.steps=2", "name=outlined")
    capsys.readouterr()
    output = tmp_path / "out.wav"
    assert main(["generate", "--model", str(path), "--input", own_clips[0],
                 "--output", str(output)]) != 0  # fmt: skip
    refusal = capsys.readouterr().err
    assert refusal.startswith("TWO_CHANNELS")
    assert "model.control_channels=0" in refusal
    assert not output.exists()

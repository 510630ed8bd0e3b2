"""What a run says of held-out sound, and what its model file is measured to know of it."""

from pathlib import Path

import pytest
from tiny_runs import make_sounds, train

from whisperwave.generation.evaluation import HeldOutEvaluation, evaluate_held_out


@pytest.mark.parametrize("form", [(), ("data.style=classes", "model.conditioning_channels=2")])
def test_t7_the_engine_measures_what_the_run_has_logged(
    tmp_path: Path, form: tuple[str, ...]
) -> None:
    folder = make_sounds(tmp_path / "sounds")
    path, lines = train(
        folder, "trainer.steps=40", "trainer.validation_crops=32", "data.style_noise=0", *form
    )
    logged = [line["validation_bits"] for line in lines if line["event"] == "validation"][-1]
    result = evaluate_held_out(HeldOutEvaluation(str(path), folder, seconds=0.8))
    assert result["trained_on_these"]
    measured = result["splits"]["validation"]["bits_per_sample"]
    assert measured == pytest.approx(logged, abs=0.25)

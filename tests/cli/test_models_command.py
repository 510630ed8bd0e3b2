import json

import pytest

from whisperwave.cli import main
from whisperwave.generation.shipped import shipped_models


def test_every_shipped_model_is_listed_with_what_it_is(capsys):
    assert main(["models", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [model["name"] for model in found] == list(shipped_models())
    for model in found:
        assert model["sample_rate"] >= 16_000
        assert model["licence"] == "Apache-2.0"
        assert len(model["styles"]) == 26
        assert model["bytes"] <= 8_000_000
        assert all(abs(cost) <= 0.01 for cost in model["cost_bits"].values())


def test_the_list_for_people_has_a_line_for_each(capsys):
    assert main(["models", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(shipped_models())


@pytest.mark.parametrize("name", shipped_models())
def test_a_shipped_model_passes_its_exam_on_every_runtime(capsys, name):
    assert main(["models", "verify", name, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["exam"]) == {"native", "reference"}
    assert set(found["exam"]["native"]) == {"float32", "bfloat16", "int8"}
    assert all(answers["float32"]["logits"] < 1e-4 for answers in found["exam"].values())


def test_the_exam_is_told_to_people_by_precision(capsys):
    assert main(["models", "verify", "calm"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition(";")[0] for line in lines[1:]] == [
        "The native runtime passes its exam in float32",
        "The native runtime passes its exam in bfloat16",
        "The native runtime passes its exam in int8",
        "The reference runtime passes its exam in float32",
    ]


def test_a_damaged_file_is_refused(capsys, model_path, tmp_path):
    damaged = tmp_path / "damaged.safetensors"
    content = bytearray(model_path.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    assert main(["models", "verify", str(damaged)]) == 5
    assert "DIGEST" in capsys.readouterr().err

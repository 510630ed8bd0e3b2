import shutil

import pytest

from whisperwave.errors import ConfigError, ModelFileError
from whisperwave.generation.grid.checkpoints import find_checkpoints


def names(*arguments):
    return [each.name for each in find_checkpoints(*arguments)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["all"], ["step 10", "step 15", "step 20", "step 30", "final"]),
        (["last"], ["final"]),
        (["best"], ["step 20"]),
        (["30", "10"], ["step 10", "step 30"]),
        (["15", "best", "last", "20"], ["step 15", "step 20", "final"]),
    ],
)
def test_a_run_gives_the_checkpoints_that_are_wanted(run_folder, wanted, expected):
    assert names([str(run_folder)], wanted) == expected


def test_a_run_that_goes_on_has_its_newest_step_last(run_folder, tmp_path):
    shutil.copytree(run_folder / "checkpoints", tmp_path / "going/checkpoints")
    assert names([str(tmp_path / "going")], ["last"]) == ["step 30"]


@pytest.mark.parametrize("wanted", ["11", "newest", "-1", "²"])
def test_a_checkpoint_that_is_not_there_is_named(run_folder, wanted):
    with pytest.raises(ConfigError) as error:
        find_checkpoints([str(run_folder)], [wanted])
    assert error.value.code == "NO_SUCH_CHECKPOINT"
    assert "10, 15, 20, 30" in error.value.remedy


def test_the_best_needs_looks_at_held_out_sound(run_folder, tmp_path):
    shutil.copytree(run_folder, tmp_path / "blind")
    (tmp_path / "blind/log.jsonl").write_text('{"event": "step", "step": 10, "bits": 7}')
    with pytest.raises(ConfigError) as error:
        find_checkpoints([str(tmp_path / "blind")], ["best"])
    assert error.value.code == "NO_VALIDATION"


def test_models_stand_beside_runs(run_folder, model_path):
    found = names([str(run_folder), str(model_path), "calm"], ["last"])
    assert found == ["genres final", "tiny", "calm"]


def test_models_of_one_name_are_told_apart(model_path, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(model_path, tmp_path / folder / "tiny.safetensors")
    paths = [str(tmp_path / folder / "tiny.safetensors") for folder in ("a", "b", "a")]
    assert names(paths, ["all"]) == ["a tiny", "b tiny"]


def test_what_is_neither_run_nor_model_is_refused(tmp_path):
    with pytest.raises(ModelFileError) as error:
        find_checkpoints([str(tmp_path / "gone")], ["all"])
    assert error.value.code == "NO_SUCH_MODEL"

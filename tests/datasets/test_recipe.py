import pytest

from whisperwave.datasets.presets import PRESETS, preset_values
from whisperwave.datasets.recipe import Recipe, Source, read_recipe, recipe_from
from whisperwave.errors import ConfigError

WRITTEN = """
name = "choir"
sample_rate = 22050
split_by = "speaker"
features = ["f0"]

[[sources]]
path = "alto"
silence = "trim"
speaker_from = "top"

[[sources]]
path = "tenor"
name = "men"
first_seconds = 30
"""


def test_a_toml_file_is_a_recipe_whose_paths_lie_beside_it(tmp_path):
    (tmp_path / "choir.toml").write_text(WRITTEN)
    recipe = recipe_from(read_recipe(tmp_path / "choir.toml"))
    assert [source.label for source in recipe.sources] == ["alto", "men"]
    assert recipe.sources[0].path == str(tmp_path / "alto")
    assert recipe.sources[1].first_seconds == 30.0
    assert (recipe.sample_rate, recipe.features, recipe.frame_hop) == (22050, ("f0",), 220)


def test_a_set_keeps_its_recipe_without_the_paths_of_a_machine(tmp_path):
    kept = Recipe((Source(str(tmp_path / "rain")),)).as_mapping()
    assert str(tmp_path) not in str(kept)
    assert kept["sources"][0]["path"] == "rain"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sources": []}, "no source"),
        ({"sample_rate": 100}, "sample_rate 100 Hz"),
        ({"channels": 3}, "channels 3"),
        ({"validation": 0.6, "test": 0.6}, "validation and test 1.2"),
        ({"split_by": "chance"}, "split_by='chance'"),
        ({"hop_seconds": 1.0}, "segment_seconds is not"),
        ({"segment_seconds": -1.0}, "segment_seconds -1"),
        ({"level": "loud"}, "recipe.level is 'loud'"),
        ({"sources": [{"path": "a"}, {"path": "b/a"}]}, "called the same"),
        ({"sources": [{"path": "a", "below_db": 0.0}]}, "below_db 0"),
        ({"sources": [{"path": "a", "gap_seconds": float("nan")}]}, "gap_seconds nan"),
        ({"samplerate": 3}, "unknown=['samplerate']"),
    ],
)
def test_what_cannot_be_is_refused_with_its_value(values, said):
    with pytest.raises(ConfigError) as refusal:
        recipe_from({"sources": [{"path": "a"}], **values})
    assert said in refusal.value.message


def test_a_file_that_is_not_toml_is_no_recipe(tmp_path):
    (tmp_path / "bad.toml").write_text("sources = [")
    with pytest.raises(ConfigError, match="BAD_RECIPE") as refusal:
        read_recipe(tmp_path / "bad.toml")
    assert refusal.value.code == "BAD_RECIPE"
    with pytest.raises(ConfigError):
        read_recipe(tmp_path / "none.toml")


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_is_a_recipe(name):
    sets = PRESETS[name].sets
    recipe = recipe_from(preset_values(name, [f"folder{n}" for n in range(len(sets))]))
    assert len(recipe.sources) == len(sets)


def test_voices_are_split_by_person_and_ambience_keeps_its_silence():
    assert recipe_from(preset_values("vocalset", ["v"])).split_by == "speaker"
    ambience = recipe_from(preset_values("ambience", ["a", "b"]))
    assert [source.silence for source in ambience.sources] == ["keep", "keep"]


def test_three_sets_are_joined_from_one_folder_or_from_three():
    inside = recipe_from(preset_values("nus_vocalset_vctk", ["data"]))
    assert [s.path for s in inside.sources] == ["data/nus48e", "data/vocalset", "data/vctk"]
    assert [s.silence for s in inside.sources] == ["split", "split", "trim"]
    given = recipe_from(preset_values("nus_vocalset_vctk", ["a", "b", "c"]))
    assert (given.sources[0].path, given.sources[0].label) == ("a", "nus48e")


def test_a_preset_that_is_unknown_or_wants_other_sets_is_refused():
    with pytest.raises(ConfigError, match="no preset"):
        preset_values("choir", ["a"])
    with pytest.raises(ConfigError, match="joins 3 sets, not 2"):
        preset_values("nus_vocalset_vctk", ["a", "b"])

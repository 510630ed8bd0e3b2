import json

from whisperwave.cli import main


def test_a_grid_is_made_and_told_as_json(class_path, tmp_path, capsys):
    words = ["grid", str(class_path), "--output", str(tmp_path / "grid"), "--seconds", "0.1"]
    assert main([*words, "--classes", "hum", "hiss", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["class"] for each in told["cells"]] == ["hum", "hiss"]
    assert (told["made"], told["kept"], told["missing"]) == (2, 0, [])


def test_a_person_is_told_what_was_made_and_where(class_path, tmp_path, capsys):
    words = ["grid", str(class_path), "--output", str(tmp_path / "grid"), "--seconds", "0.1"]
    assert main([*words, "--classes", "hum", "moo"]) == 2
    said = capsys.readouterr()
    assert "1 sounds were made, 0 were there" in said.out
    assert str(tmp_path / "grid" / "index.html") in said.out
    assert "Not made: moo" in said.err
    main([*words, "--classes", "hum"])
    assert "0 sounds were made, 1 were there" in capsys.readouterr().out


def test_a_checkpoint_that_is_not_there_is_refused(tmp_path, capsys):
    assert main(["grid", "gone", "--output", str(tmp_path / "grid")]) == 5
    assert "NO_SUCH_MODEL" in capsys.readouterr().err


def test_real_sounds_of_the_classes_are_named_for_the_distance(
    class_path, starter_folder, tmp_path, capsys
):
    for path in starter_folder.glob("h*.wav"):
        place = tmp_path / "real" / path.stem.partition("-")[0] / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    words = ["grid", str(class_path), "--output", str(tmp_path / "grid"), "--seconds", "0.1"]
    assert main([*words, "--data", str(tmp_path / "real"), "--classes", "hum", "--json"]) == 0
    (cell,) = json.loads(capsys.readouterr().out)["cells"]
    assert cell["class_distance"] > 0
    assert cell["nearest_class"] in ("hum", "hiss")
    assert main([*words, "--data", str(tmp_path / "gone")]) == 3
    assert "NO_FOLDER" in capsys.readouterr().err

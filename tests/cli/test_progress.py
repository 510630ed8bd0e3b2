from whisperwave.cli.progress import progress_bar


def test_nothing_is_drawn_where_nobody_looks(capsys):
    for quiet in (True, False):  # under pytest standard error is no screen
        with progress_bar("Generating", quiet=quiet, unit="× real time") as progress:
            progress(1.0, 2.0)
            progress(2.0, 2.0)
    assert capsys.readouterr() == ("", "")


def test_a_screen_is_shown_how_far_and_how_fast(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_bar("Generating", quiet=False, unit="× real time") as progress:
        progress(1.0, 2.0)
        progress(2.0, 2.0)
    shown = capsys.readouterr().err
    assert "Generating" in shown
    assert "× real time" in shown

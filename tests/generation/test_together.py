"""Pieces made side by side: each is the piece that it is alone."""

from dataclasses import replace

import numpy as np
import pytest

from whisperwave.errors import WhisperwaveError
from whisperwave.generation import Length, Picks, Request, generate
from whisperwave.generation.instrument import ready
from whisperwave.generation.material import gather
from whisperwave.generation.opening import opening_of
from whisperwave.generation.playing import Player
from whisperwave.generation.together import Ensemble, generate_together
from whisperwave.runtimes import Sampling

RATE = 16_000


@pytest.fixture
def requests(model_path, tmp_path):
    """Three pieces of other picks, seeds and lengths."""
    wanted = [("1", 1, 0.3), ("5 9:2", 2, 0.5), ("12", 3, 0.1)]
    return [
        Request(Picks.parse([picks]), tmp_path / f"{seed}.wav", Length(seconds), seed=seed,
                model=str(model_path), wide=False)
        for picks, seed, seconds in wanted
    ]  # fmt: skip


@pytest.mark.parametrize("model", ["model_path", "excitation_path", "class_path"])
def test_a_piece_made_beside_others_is_the_piece_made_alone(request, requests, library, model):
    path = request.getfixturevalue(model)
    requests = [replace(each, model=str(path)) for each in requests]
    together = list(generate_together(requests, ready(path), library, threads=2))
    beside = [each.output.read_bytes() for each in requests]
    alone = [generate(each, library) for each in requests]
    assert beside == [each.output.read_bytes() for each in requests]
    assert [each.recipe for each in together] == [each.recipe for each in alone]


def test_a_wide_piece_too(requests, model_path, library):
    wide = [replace(each, wide=True) for each in requests[:2]]
    list(generate_together(wide, ready(model_path), library, threads=1))
    beside = [each.output.read_bytes() for each in wide]
    assert beside == [generate(each, library).output.read_bytes() for each in wide]


def test_the_seconds_of_all_pieces_are_those_of_the_whole(requests, model_path, library):
    results = list(generate_together(requests, ready(model_path), library))
    for result in results:
        assert result.measured.elapsed_seconds > 0
        assert result.measured.samples_per_second > 0


def test_a_piece_that_cannot_be_made_stops_no_other(requests, model_path, library):
    requests[1] = replace(requests[1], picks=Picks.parse(["999"]))
    requests[2] = replace(requests[2], output=requests[2].output.with_name("calm.xyz"))
    first, second, third = generate_together(requests, ready(model_path), library)
    assert first.output.exists()
    assert isinstance(second, WhisperwaveError)
    assert (second.code, third.code) == ("NO_SUCH_CLIP", "UNKNOWN_FORMAT")


def test_nothing_at_all_can_be_made(model_path, library, requests):
    assert list(generate_together([], ready(model_path), library)) == []
    (error,) = generate_together(
        [replace(requests[0], picks=Picks.parse(["999"]))], ready(model_path), library
    )
    assert error.code == "NO_SUCH_CLIP"


@pytest.fixture
def players(model_path, library):
    instrument = ready(model_path)

    def player(picks):
        materials = gather(library, Picks.parse([picks]), RATE)
        return Player(instrument, opening_of(instrument, materials, 1), Sampling(), 1)

    return lambda: [player(picks) for picks in ("1", "5", "9")]


def test_players_that_leave_are_not_missed(players):
    alone = []
    for each in players():
        passages = each.passages()
        alone.append([next(passages).audio for _ in range(6)])
    ensemble = Ensemble(players(), threads=1)
    first = ensemble.passages(0)
    np.testing.assert_array_equal([next(first).audio for _ in range(2)], alone[0][:2])
    ensemble.leave(0)
    for index in (1, 2):
        passages = ensemble.passages(index)
        np.testing.assert_array_equal([next(passages).audio for _ in range(6)], alone[index])


def test_a_player_that_breaks_stops_alone(players, monkeypatch):
    voices = players()
    note = Player.note_played

    def broken(player, passage, seconds):
        if player is voices[1] and player.samples > 1000:
            passage.audio[3] = np.nan
        note(player, passage, seconds)

    monkeypatch.setattr(Player, "note_played", broken)
    ensemble = Ensemble(voices, threads=1)
    passages = [ensemble.passages(index) for index in range(3)]
    assert len([next(passages[0]) for _ in range(8)]) == 8
    with pytest.raises(WhisperwaveError) as error:
        list(passages[1])
    assert error.value.code == "NOT_FINITE"
    assert len([next(passages[2]) for _ in range(8)]) == 8

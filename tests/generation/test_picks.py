import pytest

from whisperwave.errors import ConfigError
from whisperwave.generation.picks import Pick, Picks


def test_plain_numbers_weigh_the_same():
    picks = Picks.parse(["3", "7", "12"])
    assert [pick.number for pick in picks] == [3, 7, 12]
    assert picks.shares == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_weights_become_shares_of_one():
    assert Picks.parse(["3:2", "7:1", "12:0.5"]).shares == pytest.approx((4 / 7, 2 / 7, 1 / 7))


@pytest.mark.parametrize("words", [["3 7:2"], ["3,7:2"], ["3", "7:2"]])
def test_words_may_be_cut_anyhow(words):
    assert list(Picks.parse(words)) == [Pick(3), Pick(7, 2.0)]


def test_order_is_kept_because_the_prime_follows_it():
    assert [pick.number for pick in Picks.parse(["12", "3", "7"])] == [12, 3, 7]


def test_picks_are_written_as_they_are_read():
    assert str(Picks.parse(["3", "7:2.5"])) == "3:1 7:2.5"
    assert Picks.parse([str(Picks.parse(["3", "7:2.5"]))]) == Picks.parse(["3", "7:2.5"])


@pytest.mark.parametrize(
    "word", ["rain", "3:", "3:x", "3:0", "3:-1", "3:nan", "3:inf", "-3", "0", "3.5", "٣", ":2"]
)
def test_what_is_no_pick_is_refused_by_name(word):
    with pytest.raises(ConfigError) as caught:
        Picks.parse(["7", word])
    assert caught.value.code == "BAD_PICK"
    assert word in caught.value.message
    assert caught.value.remedy


def test_no_pick_at_all_is_refused():
    with pytest.raises(ConfigError, match="no clip"):
        Picks.parse([" "])


def test_a_clip_picked_twice_is_refused_with_the_way_to_say_more_of_it():
    with pytest.raises(ConfigError, match="clip 7 is picked twice") as caught:
        Picks.parse(["7", "3", "7:2"])
    assert "7:2" in caught.value.remedy

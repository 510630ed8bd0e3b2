import click
import pytest

from whisperwave.cli.greedy import GreedyCommand, GreedyOption, spread


@click.command(cls=GreedyCommand)
@click.option("--input", "-i", "picks", cls=GreedyOption)
@click.option("--output", "-o")
@click.option("--loud", is_flag=True)
def command(picks, output, loud):
    return picks, output, loud


def run(line):
    return command.main(line.split(), standalone_mode=False)


@pytest.mark.parametrize(
    "line",
    [
        "--input 3 7 12 --output calm.wav",
        "--output calm.wav --input 3 7 12",
        "--input 3 --input 7 --input 12 --output calm.wav",
        "--input=3 --input=7 --output=calm.wav --input=12",
        "--input=3 7 12 --output calm.wav",
        "-i 3 7 -o calm.wav -i 12",
        "--input 3 --output calm.wav --input 7 12",
    ],
)
def test_values_arrive_in_order_however_they_are_written(line):
    assert run(line) == (("3", "7", "12"), "calm.wav", False)


def test_a_flag_ends_the_values():
    assert run("--input 3 7 --loud --output x") == (("3", "7"), "x", True)


def test_a_negative_number_is_a_value_so_that_it_can_be_refused_by_name():
    assert run("--input 3 -7 --loud")[0] == ("3", "-7")


def test_a_word_after_another_option_is_not_swallowed():
    with pytest.raises(click.UsageError, match="unexpected extra argument"):
        run("--input 3 --output calm.wav 7")


def test_a_flag_without_a_value_is_an_error():
    with pytest.raises(click.UsageError, match="requires an argument"):
        run("--output x --input")


def test_no_words_are_no_values():
    assert run("")[0] == ()
    assert list(spread([], {"--input"})) == []

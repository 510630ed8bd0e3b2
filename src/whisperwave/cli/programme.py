"""The options that say what is to be heard: `generate` and `stream` share them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from whisperwave.cli.greedy import GreedyOption
from whisperwave.cli.speech import precision_option
from whisperwave.errors import ConfigError
from whisperwave.starter import DEFAULT_MODEL

if TYPE_CHECKING:
    from whisperwave.generation import ClassName, Mastering, Picks

_SEEDS = 2**31  # fresh seeds are short enough to read out

Command = Callable[..., Any]


def _together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator for several, which help lists in their order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


picks_and_model = _together(
    click.option("--input", "-i", "picks", cls=GreedyOption, metavar="N[:WEIGHT]...",
                 help="Clips to take the style of, for example 3 7:2 12."),
    click.option("--class", "style_class", metavar="NAME",
                 help="A class that the model was trained on by its name, in the place of clips."),
    click.option("--model", "--model_path", default=DEFAULT_MODEL, show_default=True,
                 help="A shipped model's name, a model file, or a run folder."),
)  # fmt: skip
chance = _together(
    click.option("--seed", type=int, help="Same seed, same sound. By default a new one each time."),
    click.option("--temperature", type=float, default=1.0, show_default=True,
                 help="Below 1 calmer, above 1 wilder; 0 takes the likeliest always."),
    click.option("--top-k", type=int, default=0,
                 help="Sample among the K likeliest only; 0: all."),
    click.option("--top-p", type=float, default=1.0,
                 help="Sample among the likeliest that make up P."),
    click.option("--centring", type=float, default=0.0,
                 help="Pull towards silence; 0.0001 is felt. [default: 0]"),
)  # fmt: skip
runtime = _together(
    click.option("--backend", default="native", show_default=True, help="What computes."),
    click.option("--isa", default="auto", show_default=True, help="Instruction set of the engine."),
    precision_option,
)


def loudness(fade_seconds: float) -> Callable[[Command], Command]:
    """How loud, and how it begins and ends."""
    return _together(
        click.option("--loudness", default="rest", show_default=True,
                     help="sleep (-27), rest (-23), focus (-20), or LUFS."),
        click.option("--ceiling", type=float, default=-6.0, show_default=True,
                     help="True peak, dBTP."),
        click.option("--fade-in", type=float, default=fade_seconds, show_default=True,
                     help="Seconds."),
        click.option("--fade-out", type=float, default=fade_seconds, show_default=True,
                     help="Seconds."),
    )  # fmt: skip


narrow = click.option(
    "--narrow", is_flag=True,
    help="One channel, as the model played it: no width, no top octaves.",
)  # fmt: skip


def programme(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `whisperwave.generation.Programme` that the options say."""
    import secrets

    from whisperwave.runtimes import Sampling

    seed = options["seed"]
    return {
        "picks": _picks(options["picks"], options["style_class"]),
        "seed": secrets.randbelow(_SEEDS) if seed is None else seed,
        "model": options["model"],
        "sampling": Sampling(
            *(options[name] for name in ("temperature", "top_k", "top_p", "centring"))
        ),
        "mastering": _mastering(options),
        "wide": not options["narrow"],
        "backend": options["backend"],
        "isa": options["isa"],
        "precision": options["precision"],
    }


def _picks(clips: Sequence[str], style_class: str | None) -> "Picks | ClassName":
    from whisperwave.generation import ClassName, Picks

    if clips and style_class is not None:
        raise ConfigError(
            "CLIPS_AND_CLASS", f"clips {' '.join(clips)} and class {style_class!r} are both given.",
            "Give --input or --class.",
        )  # fmt: skip
    if not clips and style_class is None:
        raise click.UsageError(
            "Missing option '--input' / '-i', or '--class' for a model of classes.",
            click.get_current_context(),
        )
    return Picks.parse(clips) if style_class is None else ClassName(style_class)


def _mastering(options: Mapping[str, Any]) -> "Mastering":
    from whisperwave.generation import Mastering, parse_loudness

    return Mastering(
        loudness_lufs=parse_loudness(options["loudness"]),
        ceiling_dbtp=options["ceiling"],
        fade_in_seconds=options["fade_in"],
        fade_out_seconds=options["fade_out"],
    )

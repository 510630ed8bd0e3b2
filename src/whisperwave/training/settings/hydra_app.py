"""Where Hydra ends: YAML and overrides go in, plain values come out."""

import datetime
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import hydra
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from whisperwave.errors import ConfigError

CONF = Path(__file__).parents[1] / "conf"

Job = Callable[[dict[str, Any], Path, list[str]], None]


def compose(overrides: Sequence[str]) -> dict[str, Any]:
    """The settings of a run as plain values.

    Raises:
        ConfigError: ``BAD_OVERRIDE`` with Hydra's own words about what it does not know.
    """
    with _explained(overrides), _by_itself(), initialize_config_dir(str(CONF), version_base="1.3"):
        return _plain(hydra_compose("train", overrides=list(overrides)))


def enter(words: Sequence[str], job: Job) -> None:
    """Let Hydra read the words itself, for ``--multirun`` and ``--cfg``.

    Args:
        words: overrides, and Hydra's own options.
        job: is given the settings of each run, the folder that the sweep has for it, and the
            words in which it differs from the others.

    Raises:
        ConfigError: ``BAD_OVERRIDE``.
    """
    OmegaConf.register_new_resolver("runs", _runs, replace=True)

    def task(config: DictConfig) -> None:
        facts = HydraConfig.get()
        own = [word for word in facts.overrides.task if word not in words]
        job(_plain(config), Path(facts.runtime.output_dir), own)

    app = hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")(task)
    before, argv = os.environ.get("HYDRA_FULL_ERROR"), sys.argv
    os.environ["HYDRA_FULL_ERROR"] = "1"  # else it prints errors itself, and leaves
    sys.argv = ["whisperwave train", *words]
    try:
        with _explained(words):
            app()
    finally:
        sys.argv = argv
        if before is None:
            del os.environ["HYDRA_FULL_ERROR"]


@contextmanager
def _by_itself() -> Iterator[None]:
    """Put aside what Hydra is at, as in a run of a sweep: it composes one thing at a time."""
    world = GlobalHydra.instance()
    at, world.hydra = world.hydra, None
    try:
        yield
    finally:
        world.hydra = at


def _plain(config: DictConfig) -> dict[str, Any]:
    return cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))


def _runs(folder: str | None) -> str:
    """Where runs lie: the folder that was named, or one of today."""
    return folder or f"runs/{datetime.datetime.now().astimezone().date().isoformat()}"


@contextmanager
def _explained(words: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        said = str(error).splitlines()[0]
        meant = [word for word in words if word.partition("=")[0].lstrip("+~") in said] or words
        raise ConfigError(
            "BAD_OVERRIDE",
            f"{' '.join(meant)!r}: {said.rstrip('.')}.",
            _remedy(error),
        ) from error


def _remedy(error: Exception) -> str:
    """What there is to choose from, where a choice is not there."""
    group = CONF / str(getattr(error, "missing_cfg_file", "") or "").partition("/")[0]
    there = (
        sorted(path.relative_to(group) for path in group.rglob("*.yaml")) if group != CONF else ()
    )
    if there:
        return f"There are {', '.join(path.with_suffix('').as_posix() for path in there)}."
    return "Write overrides as key=value, as `--cfg job` prints them all: trainer.steps=100."

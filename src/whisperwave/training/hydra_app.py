"""Where Hydra ends: YAML and overrides go in, plain values come out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from whisperwave.errors import ConfigError

CONF = Path(__file__).parent / "conf"


def compose(overrides: Sequence[str]) -> dict[str, Any]:
    """The settings of a run as plain values.

    Raises:
        ConfigError: ``BAD_OVERRIDE`` with Hydra's own words about what it does not know.
    """
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            settings = hydra_compose("train", overrides=list(overrides))
            return cast(dict[str, Any], OmegaConf.to_container(settings, resolve=True))
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(
            "BAD_OVERRIDE",
            f"{' '.join(overrides)!r}: {str(error).splitlines()[0]}",
            "Write overrides as key=value, for example trainer.steps=100.",
        ) from error

"""What a model file may ask for, at most: sizes, counts and hyperparameters.

A hostile or damaged file must be refused by arithmetic, before anything of its size is allocated.
"""

from collections.abc import Mapping
from typing import Any

from whisperwave.errors import ModelFileError

HEADER_BYTES = 4 * 2**20
TENSORS = 4096
FILE_BYTES = 2 * 2**30
MEMORY_BYTES = 2 * 2**30
RANK = 8
DIMENSION = 2**31 - 1
STYLE_NUMBERS = 64

_CHANNELS = (1, 65_536)
RANGES: Mapping[str, tuple[int, int]] = {
    "sample_rate": (1, 768_000),  # 1 for text, which has no rate
    "block_size": (1, 2**20),
    "latency": (0, DIMENSION),
    "receptive_field": (0, DIMENSION),
    "rate": (0, 2**20),
    "channels": _CHANNELS,
    "residual_channels": _CHANNELS,
    "dilation_channels": _CHANNELS,
    "skip_channels": _CHANNELS,
    "end_channels": _CHANNELS,
    "hidden_channels": _CHANNELS,
    "input_channels": _CHANNELS,
    "output_channels": _CHANNELS,
    "conditioning_channels": (0, 65_536),
    "control_channels": (0, 65_536),
    "hop_length": (1, 2**20),
    "classes": (0, 65_536),
    "logistics": (0, 1_024),
    "gaussians": (0, 1_024),
    "levels": (2, 65_536),
    "kernel_size": (1, 64),
    "initial_kernel_size": (1, 64),
    "scalar_input": (0, 1),
    "layers_per_block": (1, 24),
    "layers": (1, 1_024),
    "blocks": (1, 64),
    "dilation": (1, 2**23),
    "dilation_growth": (1, 64),
}


def check_ranges(mapping: Mapping[str, Any], where: str) -> None:
    """Refuse a hyperparameter of ``mapping`` that is not a whole number inside `RANGES`.

    Raises:
        ModelFileError: ``MODEL_RANGE``, with the name, the value and what is allowed.
    """
    for name in sorted(mapping.keys() & RANGES.keys()):
        low, high = RANGES[name]
        value = mapping[name]
        if type(value) is not int or not low <= value <= high:
            raise ModelFileError(
                "MODEL_RANGE",
                f"{where}.{name} is {value!r}, allowed are whole numbers from {low} to {high}.",
                "The file is damaged or was not made by WhisperWave; get it again.",
            )


def check_memory(needed: int, what: str) -> None:
    """Refuse what would need more memory than a model may take.

    Raises:
        ModelFileError: ``MODEL_MEMORY``, with the computed size.
    """
    if needed > MEMORY_BYTES:
        raise ModelFileError(
            "MODEL_MEMORY",
            f"{what} would take {needed / 2**30:.1f} GiB, "
            f"the limit is {MEMORY_BYTES // 2**30} GiB.",
            "Use a smaller model.",
        )

"""The shapes of networks that are measured."""

# Their first layers have one tap here: another is a row of 32 numbers, of a million and more.


def _shape(blocks: int, skip: int, end: int, style: int, layers: int = 10) -> dict[str, int]:
    """The sizes of a preset; what all of them share is written once."""
    return {
        "layers_per_block": layers,
        "blocks": blocks,
        "kernel_size": 2,
        "residual_channels": 32,
        "dilation_channels": 32,
        "skip_channels": skip,
        "end_channels": end,
        "classes": 256,
        "conditioning_channels": style,
        "control_channels": 0,
        "hop_length": 160,
    }


PRESETS = {
    "asmr": _shape(blocks=3, skip=1024, end=512, style=32),  # the first project's network
    "calm": _shape(blocks=2, skip=96, end=128, style=32),  # the shipped model
    "genre": _shape(blocks=5, skip=512, end=512, style=32),  # ibab's shape, conditioned by genre
    "study": _shape(blocks=4, layers=12, skip=256, end=256, style=0),  # the longest memory
    "l20": _shape(blocks=2, skip=128, end=256, style=0),  # Deep Voice's smallest, 2017
}
SMALLEST = "calm"

import pytest

from whisperwave.errors import ModelFileError
from whisperwave.modelfile import checks
from whisperwave.modelfile.layouts import convnet

SHAPE = {
    "layers_per_block": 4,
    "blocks": 2,
    "dilation_growth": 10,
    "kernel_size": 5,
    "initial_kernel_size": 3,
    "residual_channels": 8,
    "dilation_channels": 6,
    "skip_channels": 9,
    "end_channels": 7,
    "input_channels": 2,
    "output_channels": 1,
    "conditioning_channels": 0,
}


def test_dilations_grow_within_a_block_and_start_again() -> None:
    assert convnet.dilations(SHAPE) == [1, 10, 100, 1000] * 2
    assert convnet.facts(SHAPE)["receptive_field"] == 3 + 4 * 2222
    assert convnet.state_bytes(SHAPE) == 4 * 2222 * 8 * 4


def test_the_first_layer_hears_every_tap_and_the_last_tells_every_output() -> None:
    shapes = convnet.shapes(SHAPE)
    assert shapes["embedding.weight"] == (3 * 2, 8)
    assert shapes["end2.weight"] == (1, 7)
    assert "layers.7.residual.weight" not in shapes
    assert "layers.0.conditioning.weight" not in shapes
    told = convnet.shapes(SHAPE | {"conditioning_channels": 3})
    assert told["layers.0.conditioning.weight"] == (12, 3)


@pytest.mark.parametrize(("growth", "layers"), [(64, 24), (2, 24 + 1)])
def test_a_dilation_beyond_the_most_is_refused(growth: int, layers: int) -> None:
    config = SHAPE | {"dilation_growth": growth, "layers_per_block": layers}
    with pytest.raises(ModelFileError, match="a dilation is") as refusal:
        checks.check_budget("convnet", config)
    assert refusal.value.code == "MODEL_CONFIG"

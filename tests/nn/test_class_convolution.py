import pytest
import torch
from torch.nn import functional as F

from whisperwave.errors import ConfigError
from whisperwave.nn import ClassConvolution, class_values
from whisperwave.runtimes.codec import Codec

CLASSES = 16


def inputs(classes: torch.Tensor, *, scalar: bool) -> torch.Tensor:
    """What the layer stands for, ``B C T``: one channel of values, or one channel a class."""
    if scalar:
        return class_values(CLASSES)[classes][:, None]
    return F.one_hot(classes, CLASSES).float().transpose(1, 2)


@pytest.mark.parametrize("kernel_size", [1, 2, 4])
@pytest.mark.parametrize("scalar", [False, True])
def test_the_table_answers_like_torch_s_own_convolution(kernel_size: int, scalar: bool) -> None:
    torch.manual_seed(0)
    layer = ClassConvolution(CLASSES, 5, kernel_size, scalar=scalar)
    if layer.bias is not None:
        torch.nn.init.normal_(layer.bias)
    classes = torch.randint(0, CLASSES, (2, 30))
    weight = layer.weight.unflatten(0, (kernel_size, -1)).permute(2, 1, 0)
    expected = F.conv1d(inputs(classes, scalar=scalar), weight, layer.bias).transpose(1, 2)
    torch.testing.assert_close(layer(classes), expected)


def test_the_past_of_a_new_stream_is_the_codec_s_silence() -> None:
    for levels in (2, 16, 255, 256):
        state = ClassConvolution(levels, 3, 4, scalar=False).initial_state(2)
        assert state.tolist() == [[Codec(levels, 0.0).silence] * 3] * 2


def test_a_layer_without_taps_is_refused() -> None:
    with pytest.raises(ConfigError, match="BAD_CONVOLUTION"):
        ClassConvolution(CLASSES, 1, 0, scalar=False)

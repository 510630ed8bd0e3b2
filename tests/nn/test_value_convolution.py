import pytest
import torch
from torch.nn import functional as F

from whisperwave.errors import ConfigError
from whisperwave.nn import ClassConvolution, ValueConvolution, class_values, nearest_line


@pytest.mark.parametrize("kernel_size", [1, 2, 4])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_saved_weights_are_those_of_torch_s_own_convolution(
    kernel_size: int, channels: int
) -> None:
    torch.manual_seed(0)
    layer = ValueConvolution(channels, 5, kernel_size)
    torch.nn.init.normal_(layer.bias)
    values = torch.rand(2, 30, channels) * 2.0 - 1.0
    saved = layer.state_dict()
    weight = saved["weight"].unflatten(0, (kernel_size, channels)).permute(2, 1, 0)
    expected = F.conv1d(values.transpose(1, 2), weight, saved["bias"]).transpose(1, 2)
    torch.testing.assert_close(layer(values), expected)


def test_the_past_of_a_new_stream_is_zero() -> None:
    assert ValueConvolution(2, 3, 4).initial_state(5).shape == (5, 3, 2)
    assert not ValueConvolution(2, 3, 4).initial_state(5).any()


def test_quiet_values_are_heard_as_loudly_as_other_layers_hear_theirs() -> None:
    torch.manual_seed(0)
    quiet = torch.randn(1, 4000, 1) / 16.0
    assert 0.3 < ValueConvolution(1, 64, 1)(quiet).std().item() < 1.0


def test_half_precision_does_not_round_what_is_heard() -> None:
    torch.manual_seed(0)
    layer = ValueConvolution(1, 8, 2)
    values = torch.rand(1, 50, 1)
    with torch.autocast("cpu", torch.bfloat16):
        half = layer(values)
    assert torch.equal(half, layer(values))


def test_a_layer_without_taps_is_refused() -> None:
    with pytest.raises(ConfigError, match="kernel_size=0"):
        ValueConvolution(1, 1, 0)


def test_the_line_nearest_to_a_table_of_values_is_their_own_layer() -> None:
    torch.manual_seed(0)
    scalar = ClassConvolution(64, 5, 3, scalar=True)
    assert scalar.bias is not None
    torch.nn.init.normal_(scalar.bias)
    tables = scalar.state_dict()["weight"][:, None] * class_values(64)[:, None]
    weight, bias = nearest_line(tables + scalar.bias.detach() / 3.0)
    torch.testing.assert_close(weight, scalar.weight.detach(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(bias, scalar.bias.detach(), rtol=1e-4, atol=1e-4)


def test_the_line_leaves_out_what_has_no_slope() -> None:
    even = class_values(256).abs()[None, :, None]
    weight, bias = nearest_line(even)
    assert abs(weight.item()) < 1e-4
    assert 0.03 < bias.item() < 0.07  # the mean size of a normal value of 1/16 is 0.05

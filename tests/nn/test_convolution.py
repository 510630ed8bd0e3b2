import pytest
import torch

from whisperwave.errors import ConfigError
from whisperwave.nn.convolution import DilatedConvolution


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
@pytest.mark.parametrize("dilation", [1, 2, 7])
def test_the_matrix_product_equals_torch_s_own_convolution(kernel_size: int, dilation: int) -> None:
    torch.manual_seed(0)
    layer = DilatedConvolution(5, 8, kernel_size, dilation)
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(2, 40, 5)
    fast, plain = layer(x), layer.plain(x)
    assert fast.shape == (2, 40 - layer.context, 8)
    torch.testing.assert_close(fast, plain, rtol=1e-5, atol=1e-5)


def test_both_forms_have_the_same_gradients() -> None:
    torch.manual_seed(0)
    layer = DilatedConvolution(4, 6, 2, 4)
    x = torch.randn(2, 20, 4)
    target = torch.randn(2, 16, 6)
    gradients = []
    for form in (layer.forward, layer.plain):
        layer.zero_grad()
        (form(x) * target).sum().backward()
        gradients.append(layer.weight.grad.clone())
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("kernel_size", "dilation"), [(0, 1), (2, 0)])
def test_a_layer_without_taps_is_refused(kernel_size: int, dilation: int) -> None:
    with pytest.raises(ConfigError, match="BAD_CONVOLUTION"):
        DilatedConvolution(1, 1, kernel_size, dilation)

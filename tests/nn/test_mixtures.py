import math

import pytest
import torch
from torch import Tensor

from whisperwave.nn.mixtures import LOG_MASSES, Mixture, gaussian_log_mass, logistic_log_mass

KINDS = sorted(LOG_MASSES)
FAR = 1e4


def below(kind: str, x: Tensor) -> Tensor:
    """The plain distribution function, which is exact only in the body."""
    return torch.sigmoid(x) if kind == "logistics" else torch.distributions.Normal(0.0, 1.0).cdf(x)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [1e-3, 0.04, 0.06, 1.0, 5.0])
def test_in_the_body_a_mass_is_the_difference_of_the_distribution_function(
    kind: str, width: float
) -> None:
    lower = torch.linspace(-5.0, 4.0, 181, dtype=torch.float64)
    upper = lower + width
    found = LOG_MASSES[kind](lower, upper, torch.full_like(lower, width))
    expected = torch.log(below(kind, upper) - below(kind, lower))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("width", [1e-6, 0.01, 0.049, 0.051, 2.0])
@pytest.mark.parametrize("distance", [20.0, 300.0])
def test_both_tails_of_the_logistic_fall_as_an_exponential(width: float, distance: float) -> None:
    expected = -distance + math.log(-math.expm1(-width))
    for lower in (distance, -distance - width):
        edges = torch.tensor([lower, lower + width, width], dtype=torch.float64)
        assert logistic_log_mass(*edges).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("width", [1e-6, 0.01, 0.049, 0.051, 2.0])
@pytest.mark.parametrize("distance", [20.0, 300.0])
def test_both_tails_of_the_gaussian_fall_as_their_asymptotic_series(
    width: float, distance: float
) -> None:
    def log_tail(x: float) -> float:
        return -0.5 * x * x - math.log(x * math.sqrt(2 * math.pi)) + math.log1p(-1 / x**2)

    near, far = log_tail(distance), log_tail(distance + width)
    expected = near + math.log(-math.expm1(far - near))
    for lower in (distance, -distance - width):
        edges = torch.tensor([lower, lower + width, width], dtype=torch.float64)
        assert gaussian_log_mass(*edges).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_masses_of_all_bins_sum_to_one(kind: str) -> None:
    torch.manual_seed(0)
    parts = torch.randn(3, 1, 4, dtype=torch.float64) * torch.tensor([1.0, 0.3, 2.0])[:, None, None]
    mixture = Mixture(LOG_MASSES[kind], *parts)
    inner = torch.linspace(-1.0, 1.0, 2**12 + 1, dtype=torch.float64)
    edges = torch.cat([torch.tensor([-FAR]), inner, torch.tensor([FAR])])
    assert mixture.log_mass(edges[:-1], edges[1:]).exp().sum().item() == pytest.approx(1.0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("log_scale", [-40.0, -12.0, -5.0, 0.0, 4.0, 40.0])
def test_every_place_and_scale_has_a_finite_mass_and_gradient(kind: str, log_scale: float) -> None:
    means = torch.linspace(-3.0, 3.0, 601)[:, None].requires_grad_()
    log_scales = torch.full((601, 1), log_scale, requires_grad=True)
    mixture = Mixture(LOG_MASSES[kind], torch.zeros(601, 1), means, log_scales)
    for lower, upper in ((0.0, 3e-5), (-FAR, -0.98), (0.98, FAR)):
        total = mixture.log_mass(torch.full((601,), lower), torch.full((601,), upper)).sum()
        gradients = torch.autograd.grad(total, (means, log_scales))
        assert total.isfinite()
        assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("kind", KINDS)
def test_single_precision_says_what_double_precision_says(kind: str) -> None:
    torch.manual_seed(0)
    middle, width = 6.0 * torch.randn(2000), torch.exp(4.0 * torch.randn(2000) - 4.0)
    lower, upper = middle - 0.5 * width, middle + 0.5 * width
    wide = LOG_MASSES[kind](*(each.double() for each in (lower, upper, width)))
    found = LOG_MASSES[kind](lower, upper, width)
    torch.testing.assert_close(found.double(), wide, rtol=1e-4, atol=1e-3)

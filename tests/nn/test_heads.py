import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from whisperwave.dsp.companding import class_edges, mulaw_encode
from whisperwave.nn import MixtureHead, SoftmaxHead
from whisperwave.nn.heads import STEP
from whisperwave.reports.mixtures import mixture_bits_per_sample

KINDS = ["logistics", "gaussians"]


def told(*, components: int, channels: int = 1, length: int = 400) -> torch.Tensor:
    """Mixtures ``1 A T`` that are neither sure nor blind."""
    torch.manual_seed(0)
    sizes = torch.tensor([1.0, 0.3, 1.0]).repeat_interleave(components).repeat(channels)
    middles = torch.tensor([0.0, 0.0, -2.0]).repeat_interleave(components).repeat(channels)
    return (sizes * torch.randn(1, length, len(sizes)) + middles).transpose(1, 2)


def values(channels: int = 1, length: int = 400) -> torch.Tensor:
    torch.manual_seed(1)
    return (0.4 * torch.randn(1, length, channels)).clamp(-1.0, 1.0)


def test_a_softmax_is_priced_by_its_cross_entropy() -> None:
    logits, classes = torch.randn(2, 16, 50), torch.randint(0, 16, (2, 50))
    expected = F.cross_entropy(logits, classes) / math.log(2.0)
    torch.testing.assert_close(SoftmaxHead().loss(logits, classes), expected)
    torch.testing.assert_close(SoftmaxHead().bits(logits, classes), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_bits_are_those_that_the_evaluation_counts(kind: str) -> None:
    parameters, targets = told(components=3), values()
    counted = mixture_bits_per_sample(kind, parameters[0].T.numpy(), targets[0, :, 0].numpy())
    assert MixtureHead(kind, 3, 1).bits(parameters, targets).item() == pytest.approx(
        counted, rel=1e-4
    )


@pytest.mark.parametrize("kind", KINDS)
def test_classes_and_values_are_priced_alike(kind: str) -> None:
    """A softmax of a mixture's masses, told the classes, costs what the mixture costs."""
    parameters, targets = told(components=2), values()
    head = MixtureHead(kind, 2, 1)
    edges = torch.from_numpy(class_edges(256)).clamp(-1e4, 1e4).float()
    logits = torch.stack(
        [
            head.mixture(parameters).log_mass(
                edges[place].expand(targets.shape), edges[place + 1].expand(targets.shape)
            )[..., 0]
            for place in range(256)
        ],
        dim=1,
    )
    classes = torch.from_numpy(mulaw_encode(targets[..., 0].numpy()).astype(np.int64))
    expected = SoftmaxHead().bits(logits, classes)
    torch.testing.assert_close(head.bits(parameters, targets), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_is_the_density_in_16_bit_steps_where_those_are_fine(kind: str) -> None:
    parameters, targets = told(components=2), values().clamp(-0.9, 0.9)
    logits, means, log_scales = parameters.transpose(1, 2).unflatten(-1, (3, 2)).unbind(dim=-2)
    z = (targets - means) / log_scales.exp()
    density = (
        F.logsigmoid(z) + F.logsigmoid(-z)
        if kind == "logistics"
        else -0.5 * z.square() - 0.5 * math.log(2 * math.pi)
    )
    densities = torch.logsumexp(F.log_softmax(logits, -1) + density - log_scales, dim=-1)
    expected = -(densities + math.log(STEP)).mean() / math.log(2.0)
    torch.testing.assert_close(
        MixtureHead(kind, 2, 1).loss(parameters, targets), expected, rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize("kind", KINDS)
def test_no_certainty_costs_less_than_nothing(kind: str) -> None:
    sure = torch.tensor([0.0, 0.0, -50.0])[None, :, None].expand(1, 3, 20)
    loss = MixtureHead(kind, 1, 1).loss(sure, torch.zeros(1, 20, 1))
    assert 0.0 <= loss.item() < 0.25


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", [-1.0, 1.0])
def test_what_was_clipped_costs_nothing_more_for_lying_far_outside(kind: str, end: float) -> None:
    outside = torch.tensor([0.0, 3.0 * end, -3.0])[None, :, None]
    loss = MixtureHead(kind, 1, 1).loss(outside, torch.full((1, 1, 1), end))
    assert loss.item() == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_each_channel_has_a_mixture_of_its_own(kind: str) -> None:
    parameters, targets = told(components=2, channels=3), values(channels=3)
    whole = MixtureHead(kind, 2, 3)
    single = MixtureHead(kind, 2, 1)
    for price in ("loss", "bits"):
        apart = [
            getattr(single, price)(parameters[:, 6 * c : 6 * (c + 1)], targets[..., c : c + 1])
            for c in range(3)
        ]
        torch.testing.assert_close(getattr(whole, price)(parameters, targets), sum(apart) / 3)


@pytest.mark.parametrize(("kind", "deviation"), [("gaussians", 1.0), ("logistics", 1.8138)])
def test_learning_finds_the_mean_and_the_scale_of_what_it_hears(
    kind: str, deviation: float
) -> None:
    torch.manual_seed(0)
    u = torch.rand(1, 4000, 1).clamp(1e-6, 1 - 1e-6)
    standard = torch.logit(u) if kind == "logistics" else math.sqrt(2.0) * torch.erfinv(2 * u - 1)
    heard = 0.1 + 0.05 * standard
    assert heard.std().item() == pytest.approx(0.05 * deviation, rel=0.05)
    numbers = torch.tensor([0.0, 0.0, -1.0], requires_grad=True)
    optimiser = torch.optim.Adam([numbers], lr=0.05)
    for _ in range(200):
        optimiser.zero_grad()
        MixtureHead(kind, 1, 1).loss(numbers[None, :, None].expand(1, 3, 4000), heard).backward()
        optimiser.step()
    assert numbers[1].item() == pytest.approx(0.1, abs=0.005)
    assert numbers[2].exp().item() == pytest.approx(0.05, rel=0.05)


def test_a_softmax_is_right_where_the_true_class_has_the_largest_logit() -> None:
    logits = torch.tensor([[[9.0, 0.0, 0.0, 1.0], [0.0, 9.0, 0.0, 2.0]]])
    assert float(SoftmaxHead().accuracy(logits, torch.tensor([[0, 1, 1, 1]]))) == 0.75


@pytest.mark.parametrize("kind", ["logistics", "gaussians"])
def test_a_mixture_is_right_where_its_likeliest_mean_lies_in_the_class(kind: str) -> None:
    head = MixtureHead(kind, 2, 1)
    # The logits favour the first component; its means are those below.
    means = torch.tensor([0.1, 0.1, -0.5])
    parameters = torch.stack([5 + 0 * means, 0 * means, means, 9 + 0 * means, 0 * means, 0 * means])
    targets = torch.tensor([[[0.1001], [0.3], [-0.5]]])
    assert float(head.accuracy(parameters[None], targets)) == pytest.approx(2 / 3)

"""The ways to train that are compared are the same network, and all of them learn."""

import pytest
import torch
from torch.nn import functional as F

from wavenet_training import steps
from wavenet_training.folded import TARGETS, FoldedWaveNet, fold, unfold
from whisperwave.models.wavenet import WaveNet, WaveNetConfig

TINY = WaveNetConfig(
    layers_per_block=3, blocks=2, residual_channels=4, dilation_channels=4, skip_channels=8,
    end_channels=8, classes=16, conditioning_channels=0,
)  # fmt: skip


@pytest.mark.parametrize("dilation", [1, 2, 4])
def test_folding_is_undone_but_for_the_zeros_in_front(dilation: int) -> None:
    x = torch.arange(22.0).reshape(1, 2, 11)
    folded = fold(x, dilation)
    assert folded.shape == (dilation, 2, -(-11 // dilation))
    assert torch.equal(unfold(folded, dilation)[..., -11:], x)


@pytest.mark.parametrize("skips_cut", [False, True])
def test_the_first_project_s_way_computes_the_same_network(skips_cut: bool) -> None:
    torch.manual_seed(0)
    folded, ours = FoldedWaveNet(TINY, skips_cut=skips_cut), WaveNet(TINY)
    _give(folded, ours)
    classes = torch.randint(0, 16, (2, 40))
    # With zeros among the features the start differs; the last targets have a whole field here.
    answers = folded(F.one_hot(classes, 16).transpose(1, 2).float())
    expected = ours.predict(classes)[..., -TARGETS:]
    torch.testing.assert_close(answers, expected, rtol=1e-4, atol=1e-5)


def _give(folded: FoldedWaveNet, ours: WaveNet) -> None:
    """Give our network the weights of the folded one."""
    with torch.no_grad():
        ours.embedding.weight.copy_((folded.start.weight[..., 0] + folded.start.bias[:, None]).T)
        ours.skip_bias.zero_()
        for index, layer in enumerate(ours.layers):
            filters, gates = folded.filters[index], folded.gates[index]
            layer.dilated.weight.copy_(torch.cat([filters.weight, gates.weight]))
            layer.dilated.bias.copy_(torch.cat([filters.bias, gates.bias]))
            layer.skip.weight.copy_(folded.skips[index].weight[..., 0])
            ours.skip_bias += folded.skips[index].bias
            if hasattr(layer, "residual"):
                layer.residual.weight.copy_(folded.residuals[index].weight[..., 0])
                layer.residual.bias.copy_(folded.residuals[index].bias)
        for own, their in ((ours.end1, folded.end1), (ours.end2, folded.end2)):
            own.weight.copy_(their.weight[..., 0])
            own.bias.copy_(their.bias)


def test_every_way_takes_a_step() -> None:
    made = steps.ways(TINY, windows=2, crops=2, targets=32)
    assert [way.targets for way in made] == [32, 32, 64, 64, 64]
    for way in made:
        way.step()

import copy

import torch

from whisperwave.nn import ScaledLinear

USUAL = torch.tensor([1.0, 0.0625, 8.0])


def layer() -> ScaledLinear:
    torch.manual_seed(0)
    return ScaledLinear(5, USUAL)


def test_a_saved_state_is_that_of_the_plain_layer() -> None:
    scaled, plain = layer(), torch.nn.Linear(5, 3)
    plain.load_state_dict(scaled.state_dict())
    x = torch.randn(4, 5)
    torch.testing.assert_close(scaled(x), plain(x))
    assert set(scaled.state_dict()) == {"weight", "bias"}


def test_saving_and_loading_change_no_bit() -> None:
    scaled, other = layer(), ScaledLinear(5, USUAL)
    state = copy.deepcopy(scaled.state_dict())
    other.load_state_dict(state)
    for (name, mine), theirs in zip(scaled.named_parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs), name
    assert all(torch.equal(state[name], weight) for name, weight in other.state_dict().items())


def test_a_step_of_the_optimiser_moves_every_output_by_its_own_size() -> None:
    scaled = layer()
    before = scaled.state_dict()["bias"]
    optimiser = torch.optim.Adam(scaled.parameters(), lr=0.01)
    scaled(torch.ones(1, 5)).sum().backward()
    optimiser.step()
    moved = (scaled.state_dict()["bias"] - before).abs()
    torch.testing.assert_close(moved, 0.01 * USUAL, rtol=1e-3, atol=1e-7)

"""Every way of stepping descends, and every schedule is a function of the step alone."""

from dataclasses import replace

import pytest
import torch

from whisperwave.errors import ConfigError
from whisperwave.training.learning import optimisers
from whisperwave.training.learning.schedules import rate
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings
from whisperwave.training.settings.trainer import OPTIMISERS, TrainerSettings


def settings(**changes: object) -> TrainerSettings:
    return replace(RunSettings.from_mapping(compose([])).trainer, **changes)


def test_a_run_learns_with_the_optimiser_of_its_settings_unless_told_otherwise() -> None:
    assert settings().optimiser == "adam"
    with pytest.raises(ConfigError, match=r"trainer\.optimiser='lion' is unknown.*adamw"):
        settings(optimiser="lion")


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_descends(name: str) -> None:
    torch.manual_seed(0)
    line = torch.nn.Linear(3, 1)
    optimiser = optimisers.build(line.parameters(), settings(optimiser=name, learning_rate=0.01))
    x = torch.randn(64, 3)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]])
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        loss = ((line(x) - y) ** 2).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_the_normalised_gradient_s_step_is_as_long_as_the_rate_whatever_the_gradient() -> None:
    for size in (1e-6, 1.0, 1e6):
        weight = torch.nn.Parameter(torch.zeros(4))
        optimiser = optimisers.build(
            [weight], settings(optimiser="normalised_sgd", learning_rate=0.1, momentum=0.0)
        )
        (size * weight.sum()).backward()
        optimiser.step()
        assert float(weight.detach().norm()) == pytest.approx(0.1)
    still = torch.nn.Parameter(torch.ones(4))
    optimiser = optimisers.build([still], settings(optimiser="normalised_sgd"))
    (0.0 * still.sum()).backward()
    optimiser.step()
    assert still.tolist() == [1.0] * 4


@pytest.mark.parametrize("name", ["adamw", "sgd", "normalised_sgd"])
def test_weight_decay_pulls_to_zero(name: str) -> None:
    weight = torch.nn.Parameter(torch.ones(4))
    optimiser = optimisers.build(
        [weight], settings(optimiser=name, learning_rate=0.1, weight_decay=0.5)
    )
    (0.0 * weight.sum()).backward()
    optimiser.step()
    assert float(weight.detach().max()) < 1.0


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("cosine", [1.0, 0.505, 0.01]),
        ("exponential", [1.0, 0.5**0.5, 0.5]),
        ("step", [1.0, 1.0, 0.5]),
        ("constant", [1.0, 1.0, 1.0]),
    ],
)
def test_every_schedule_falls_as_it_says(schedule: str, expected: list[float]) -> None:
    told = settings(schedule=schedule, learning_rate=1.0, warmup_steps=1, rate_steps=1000)
    found = [rate(told, step, step / 1000) for step in (0, 500, 1000)]
    assert found == pytest.approx(expected)


def test_the_rate_is_warmed_up() -> None:
    told = settings(schedule="constant", learning_rate=1.0, warmup_steps=4)
    assert [rate(told, step, 0.0) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]

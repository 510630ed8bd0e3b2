import pytest

from whisperwave.modelfile.layouts import wavenet

ASMR = {
    "layers_per_block": 10,
    "blocks": 3,
    "kernel_size": 2,
    "residual_channels": 32,
    "dilation_channels": 32,
    "skip_channels": 1024,
    "end_channels": 512,
    "classes": 256,
    "conditioning_channels": 0,
    "control_channels": 0,
    "hop_length": 160,
}


def test_the_published_shape_hears_3070_samples() -> None:
    assert wavenet.facts(ASMR)["receptive_field"] == 3070


def test_the_first_layer_has_rows_for_each_tap_and_input_channel() -> None:
    assert wavenet.shapes(ASMR)["embedding.weight"] == (256, 32)
    wide = ASMR | {"initial_kernel_size": 3}
    assert wavenet.shapes(wide)["embedding.weight"] == (3 * 256, 32)
    assert wavenet.facts(wide)["receptive_field"] == 3072
    scalar = wavenet.shapes(wide | {"scalar_input": 1})
    assert scalar["embedding.weight"] == (3, 32)
    assert scalar["embedding.bias"] == (32,)


def test_an_unconditioned_network_has_no_conditioning_weights() -> None:
    names = wavenet.shapes(ASMR)
    assert not any("conditioning" in name for name in names)
    assert "layers.0.conditioning.weight" in wavenet.shapes(ASMR | {"conditioning_channels": 8})


def test_the_last_layer_has_no_residual_output() -> None:
    names = wavenet.shapes(ASMR)
    assert "layers.28.residual.weight" in names
    assert "layers.29.residual.weight" not in names
    assert "layers.29.skip.weight" in names


def test_a_stream_remembers_what_every_layer_looks_back_at() -> None:
    assert wavenet.state_bytes(ASMR) == 3069 * 32 * 4
    assert wavenet.state_bytes(ASMR | {"scalar_input": 1}) == (3069 + 256) * 32 * 4


@pytest.mark.parametrize("kernel_size", [1, 3])
def test_the_kernel_widens_the_receptive_field(kernel_size: int) -> None:
    config = ASMR | {"kernel_size": kernel_size}
    assert wavenet.facts(config)["receptive_field"] == 1 + (kernel_size - 1) * 3069
    assert wavenet.shapes(config)["layers.3.dilated.weight"] == (64, 32, kernel_size)

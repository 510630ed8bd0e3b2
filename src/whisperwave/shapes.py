"""Axes, ports and signatures: what flows into a model and what comes out.

Time is the last axis everywhere: ``B C T`` for audio, ``B K F`` for controls. A file, a host or a
page converts at its border, once; nothing inside guesses a layout.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from whisperwave.errors import ConfigError

KINDS = ("autoregressive", "synthesiser", "effect", "codec")
MID_SIDE = "mid_side"
"""What a codec calls two channels that stand for their middle and their difference."""
ROLES = ("audio", "symbol", "control", "style", "predictor", "class", "noise", "state")


@dataclass(frozen=True)
class Port:
    """One named input or output of a model.

    ``rate`` is the number of audio samples a frame of this port stands for: 1 for audio, the hop
    length for controls, 0 for a value that holds for the whole piece (a style vector).
    """

    name: str
    channels: int
    rate: int
    role: str

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ConfigError("BAD_PORT", f"role={self.role!r} of port {self.name!r} is unknown.",
                              f"Use one of {', '.join(ROLES)}.")  # fmt: skip
        if self.channels < 1 or self.rate < 0:
            raise ConfigError(
                "BAD_PORT",
                f"port {self.name!r} has channels={self.channels}, rate={self.rate}.",
                "Channels are 1 or more, a rate is 0 or more.",
            )


@dataclass(frozen=True)
class Signature:
    """The hinge between training and playing: everything a runtime must know about a model.

    ``latency`` and ``receptive_field`` are in samples; ``codec`` names how audio becomes the
    numbers the model predicts (for example ``mulaw`` with its levels); ``head`` names the form of
    the prediction (``softmax``).
    """

    kind: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    sample_rate: int
    block_size: int
    latency: int
    receptive_field: int
    codec: Mapping[str, Any]
    head: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError("BAD_SIGNATURE", f"kind={self.kind!r} is unknown.",
                              f"Use one of {', '.join(KINDS)}.")  # fmt: skip

    def port(self, role: str) -> Port | None:
        """The first input that plays ``role``, or None."""
        return next((port for port in self.inputs if port.role == role), None)

    def as_mapping(self) -> dict[str, Any]:
        """A JSON-ready form; `from_mapping` is its inverse."""
        mapping = asdict(self)
        return mapping | {
            "inputs": [asdict(port) for port in self.inputs],
            "outputs": [asdict(port) for port in self.outputs],
            "codec": dict(self.codec),
        }

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "Signature":
        """Build a signature from `as_mapping`'s form, refusing missing or unknown keys."""
        expected = set(cls.__dataclass_fields__)
        if set(mapping) != expected:
            raise ConfigError(
                "BAD_SIGNATURE",
                f"signature keys differ: {sorted(set(mapping) ^ expected)}.",
                "Write the model file again with this version.",
            )
        ports = {
            side: tuple(Port(**port) for port in mapping[side]) for side in ("inputs", "outputs")
        }
        return cls(**(dict(mapping) | ports))

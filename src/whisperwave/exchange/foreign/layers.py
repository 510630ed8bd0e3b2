"""A WaveNet in plain terms, whoever wrote it: convolutions by what they do, not by their names.

Every weight is ``[O, I, k]`` with the oldest tap first, every bias ``[O]`` (zeros where the source
has none). `Plain.foretell` evaluates it in the plainest way there is, over a whole window at once,
which shares nothing with the way in which we play it.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import ModelFileError
from whisperwave.exchange.foreign.faults import damaged, unsupported

Array = NDArray[Any]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Facts:
    """What else a source says of its network.

    Args:
        codec: the name of how its classes stand for sound, as in `whisperwave.exchange.codecs`.
        sample_rate: in Hz; None where it does not say.
        window: how many samples it takes at once; None for any number.
        notes: what a person should know of how it was read.
    """

    codec: str
    sample_rate: int | None = None
    window: int | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, mapping: Any) -> "Facts":
        """The facts that a reader has sent.

        Raises:
            ModelFileError: ``IMPORT_DAMAGED``, they are none.
        """
        match mapping:
            case {
                "codec": str() as codec,
                "sample_rate": int() | None as rate,
                "window": int() | None as window,
                "notes": [*notes],
            }:
                return cls(codec, rate, window, tuple(str(note) for note in notes))
        raise damaged("its reader sent no facts of the network")


@dataclass(frozen=True, eq=False)
class Plain:
    """A network as its source describes it.

    Args:
        tensors: ``start``, ``layers.<i>.filter``, ``.gate``, ``.residual`` (not needed in the last
            layer), ``.skip``, ``end1`` and ``end2``, each with ``.weight`` and ``.bias``; and, for
            a network that is told a class, ``layers.<i>.told_filter``, ``.told_gate`` [O, G].
        dilations: of each layer; None where the source does not say.
        scalar: whether it hears a sample as one value, not as one of many classes.
        facts: what else the source says.
    """

    tensors: Mapping[str, Array]
    dilations: tuple[int, ...] | None
    facts: Facts
    scalar: bool = False

    @property
    def layers(self) -> int:
        """How many gated layers there are."""
        return sum(name.endswith(".filter.weight") for name in self.tensors)

    @property
    def classes(self) -> int:
        """How many classes a sample is one of."""
        return len(self.tensors["end2.bias"])

    @property
    def told(self) -> int:
        """How many classes a piece can be told to be of; 0 for a network that is told nothing."""
        name = "layers.0.told_filter"
        return self.tensors[name].shape[1] if name in self.tensors else 0

    def check(self) -> None:
        """Refuse tensors that do not fit each other.

        Raises:
            ModelFileError: ``IMPORT_SHAPES``, naming the tensor; ``IMPORT_UNSUPPORTED``.
        """
        expected = dict(self._expected())
        for name in sorted(expected.keys() | self.tensors.keys()):
            found = self.tensors[name].shape if name in self.tensors else None
            if found != expected.get(name):
                raise _misfit(name, found, expected.get(name))
        if self.dilations is not None and len(self.dilations) != self.layers:
            raise ModelFileError(
                "IMPORT_SHAPES",
                f"there are {self.layers} layers and {len(self.dilations)} dilations.",
                "The description and the weights are not of one network.",
            )
        for name, tensor in self.tensors.items():
            if not np.isfinite(tensor).all():
                raise ModelFileError(
                    "IMPORT_NOT_FINITE", f"{name} holds NaN or infinite values.",
                    "Import a checkpoint from before the training went wrong.",
                )  # fmt: skip

    def _expected(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        shapes = {name: tensor.shape for name, tensor in self.tensors.items()}
        needed = ("start.weight", "layers.0.filter.weight", "layers.0.skip.weight", "end1.weight")
        missing = [name for name in (*needed, "end2.weight") if len(shapes.get(name, ())) != 3]
        if missing:
            raise _misfit(missing[0], shapes.get(missing[0]), None)
        residual, heard, _ = shapes["start.weight"]
        gated, _, kernel = shapes["layers.0.filter.weight"]
        skip, end, answers = (shapes[f"{n}.weight"][0] for n in ("layers.0.skip", "end1", "end2"))
        if heard != (1 if self.scalar else answers):
            raise unsupported(f"the network hears {heard} classes and tells {answers}")
        sizes = {
            "filter": (gated, residual, kernel), "gate": (gated, residual, kernel),
            "residual": (residual, gated, 1), "skip": (skip, gated, 1),
        }  # fmt: skip
        yield from _convolution("start", shapes["start.weight"])
        yield from _convolution("end1", (end, skip, 1))
        yield from _convolution("end2", (answers, end, 1))
        for layer in range(self.layers):
            for name, shape in sizes.items():
                full = f"layers.{layer}.{name}"
                if name != "residual" or layer < self.layers - 1 or f"{full}.weight" in shapes:
                    yield from _convolution(full, shape)
            if self.told:
                yield f"layers.{layer}.told_filter", (gated, self.told)
                yield f"layers.{layer}.told_gate", (gated, self.told)

    def receptive_field(self, dilations: tuple[int, ...]) -> int:
        """How many samples a prediction depends on."""
        kernel = self.tensors["layers.0.filter.weight"].shape[2]
        return int(self.tensors["start.weight"].shape[2] + (kernel - 1) * sum(dilations))

    def foretell(
        self, heard: Array, values: Doubles, dilations: tuple[int, ...], told: int | None = None
    ) -> Doubles:
        """The logits after each sample of a window that knows its whole receptive field.

        Args:
            heard: the classes ``[T]`` of a window.
            values: what each class stands for, for a network that hears values.
            dilations: of each layer.
            told: the class of the piece, for a network that is told one.

        Returns:
            ``[T - RF + 1, A]``.
        """
        x = values[heard][None] if self.scalar else np.eye(self.classes)[:, heard]
        x = self._convolved("start", x)
        count = len(heard) - self.receptive_field(dilations) + 1
        skips: Doubles = np.zeros((self.tensors["end1.weight"].shape[1], count))
        for layer, dilation in enumerate(dilations):
            name = f"layers.{layer}"
            filters, gates = (
                self._convolved(f"{name}.{part}", x, dilation) + self._condition(name, part, told)
                for part in ("filter", "gate")
            )
            z = np.tanh(filters) / (1.0 + np.exp(-gates))
            skips += self._convolved(f"{name}.skip", z)[:, -count:]
            if f"{name}.residual.weight" in self.tensors:
                x = x[:, -z.shape[1] :] + self._convolved(f"{name}.residual", z)
        hidden = np.maximum(self._convolved("end1", np.maximum(skips, 0.0)), 0.0)
        return self._convolved("end2", hidden).T

    def _convolved(self, name: str, x: Doubles, dilation: int = 1) -> Doubles:
        """A valid convolution of ``[I, T]``, tap by tap."""
        weight = self.tensors[f"{name}.weight"].astype(np.float64)
        kernel = weight.shape[2]
        length = x.shape[1] - (kernel - 1) * dilation
        taps = (x[:, tap * dilation : tap * dilation + length] for tap in range(kernel))
        products = sum(weight[:, :, tap] @ heard for tap, heard in enumerate(taps))
        bias: Doubles = self.tensors[f"{name}.bias"].astype(np.float64)[:, None]
        return np.asarray(products + bias)

    def _condition(self, name: str, part: str, told: int | None) -> Doubles:
        """What being told a class adds to a filter or gate, ``[O, 1]``."""
        if told is None:
            return np.zeros((1, 1))
        return self.tensors[f"{name}.told_{part}"].astype(np.float64)[:, told, None]


def doubling(layers: int, per_block: int) -> tuple[int, ...]:
    """Dilations that double from 1 in every block of so many layers."""
    return tuple(1 << layer % per_block for layer in range(layers))


def completed(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """With zeros for the biases that a network was built without."""
    biases = {
        f"{name.removesuffix('weight')}bias": np.zeros(weight.shape[:1], np.float32)
        for name, weight in tensors.items()
        if name.endswith(".weight")
    }
    return {**biases, **tensors}


def _convolution(name: str, shape: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", shape
    yield f"{name}.bias", shape[:1]


def _misfit(
    name: str, found: tuple[int, ...] | None, expected: tuple[int, ...] | None
) -> ModelFileError:
    has = f"has the shape {list(found)}" if found is not None else "is missing"
    wanted = f", where {list(expected)} fits" if expected and math.prod(expected) else ""
    return ModelFileError(
        "IMPORT_SHAPES",
        f"{name} {has}{wanted}.",
        "The file holds another network than a WaveNet of gated, dilated convolutions, or a part.",
    )

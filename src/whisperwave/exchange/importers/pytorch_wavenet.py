"""WaveNets of vincentherrmann/pytorch-wavenet: state dicts, and whole modules, by torch.save.

Its network folds time into the batch in order to dilate; what comes out where the whole receptive
field is known is that of plain dilated convolutions.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from whisperwave.exchange.foreign import archive, torch_file
from whisperwave.exchange.foreign.faults import damaged, unsupported
from whisperwave.exchange.foreign.layers import Array, Facts, Plain, completed
from whisperwave.exchange.foreign.questions import Question, foretold
from whisperwave.exchange.foreign.stand_ins import Network, TensorView, Variable
from whisperwave.library.display import shown

CODEC = "pytorch-wavenet"
_FIRST = "start_conv.weight"
_SINGLE = {"start_conv": "start", "end_conv_1": "end1", "end_conv_2": "end2"}
_OF_LAYER = re.compile(r"(filter|gate|residual|skip)_convs\.(0|[1-9]\d{0,3})\.(weight|bias)")
_DEEPEST = 6  # mappings in mappings, modules in modules
_MOST_TENSORS = 65_536
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def recognises(path: Path, start: bytes) -> bool:  # noqa: ARG001 # the content decides
    """Whether a file begins as torch.save begins one."""
    return start.startswith((archive.MAGIC, *_PICKLE_STARTS))


def gather(path: Path) -> tuple[Path, ...]:
    """The file itself."""
    return (path,)


def plain(files: Mapping[str, bytes]) -> Plain:
    """The network in the file.

    Raises:
        ModelFileError: the code says why not.
    """
    (content,) = files.values()
    file = torch_file.read(content)
    found = _whole_module(file.saved)
    views = dict(_of_module(found)) if found else _state_dict(file.saved)
    named = dict(_renamed(views))
    tensors = {name: file.numbers(view) for name, view in named.items()}
    dilations = _dilations(found.state) if found else None
    return Plain(completed(tensors), dilations, Facts(CODEC))


def foretell(files: Mapping[str, bytes], network: Plain, question: Question) -> Array:  # noqa: ARG001 # its weights are all there is
    """The network's logits, evaluated plainly."""
    return foretold(network, question)


def _whole_module(saved: Any) -> Network | None:
    """The network, where the module was saved and not its state dict; also inside a wrapper's."""
    found = saved
    for _ in range(_DEEPEST):
        if not isinstance(found, Network):
            return None
        if "start_conv" in _mapping(found.state.get("_modules")):
            return found
        found = _mapping(found.state.get("_modules")).get("module")
    return None


def _of_module(module: Network, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every parameter below a module, named as a state dict names it."""
    if depth > _DEEPEST:
        raise damaged(f"modules lie more than {_DEEPEST} deep")
    for name, tensor in _mapping(module.state.get("_parameters")).items():
        if tensor is not None:
            yield f"{prefix}{name}", tensor
    for name, inner in _mapping(module.state.get("_modules")).items():
        if isinstance(inner, Network):
            yield from _of_module(inner, f"{prefix}{name}.", depth + 1)


def _state_dict(saved: Any, depth: int = 0) -> Mapping[str, Any]:
    """The state dict, or the one inside a checkpoint, without what stands before its names."""
    if not isinstance(saved, dict) or depth > _DEEPEST:
        return {}
    for name in saved:
        if isinstance(name, str) and (name == _FIRST or name.endswith(f".{_FIRST}")):
            prefix = name.removesuffix(_FIRST)
            return {
                str(key).removeprefix(prefix): tensor
                for key, tensor in saved.items()
                if str(key).startswith(prefix)
            }
    inner = (_state_dict(each, depth + 1) for each in saved.values())
    return next((found for found in inner if found), {})


def _renamed(views: Mapping[str, Any]) -> Iterator[tuple[str, TensorView]]:
    """Each tensor by what it does."""
    if not views:
        raise unsupported(
            f"there is no {_FIRST} in the file",
            "Give a state dict or a module of pytorch-wavenet's WaveNetModel.",
        )
    if len(views) > _MOST_TENSORS:
        raise damaged(f"there are {len(views)} tensors")
    for name, found in views.items():
        view = found.tensor if isinstance(found, Variable) else found
        if not isinstance(view, TensorView):
            raise damaged(f"{shown(name[:80])} is no tensor")
        yield _role(name), view


def _role(name: str) -> str:
    of_layer = _OF_LAYER.fullmatch(name)
    if of_layer:
        part, layer, kind = of_layer.groups()
        return f"layers.{layer}.{part}.{kind}"
    module, _, kind = name.partition(".")
    if module in _SINGLE and kind in ("weight", "bias"):
        return f"{_SINGLE[module]}.{kind}"
    raise unsupported(
        f"the tensor {shown(name[:80])} is none of pytorch-wavenet's WaveNetModel",
        "A network that was changed cannot be taken over by its weights alone.",
    )


def _dilations(state: Mapping[str, Any]) -> tuple[int, ...]:
    """Of each layer; a module keeps them with those of the layers before."""
    match state.get("dilations"):
        case [*pairs] if all(_is_dilation(pair) for pair in pairs):
            return tuple(pair[0] for pair in pairs)
    raise damaged("the module does not say its dilations")


def _is_dilation(pair: Any) -> bool:
    return isinstance(pair, tuple) and len(pair) == 2 and type(pair[0]) is int and pair[0] > 0


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

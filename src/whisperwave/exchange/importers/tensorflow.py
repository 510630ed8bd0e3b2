"""WaveNets of ibab/tensorflow-wavenet: checkpoints of TensorFlow 1, of both forms.

How the layers are dilated is not in a checkpoint. The project keeps it in ``wavenet_params.json``;
one that lies beside the checkpoint is read.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from whisperwave.errors import ModelFileError
from whisperwave.exchange.foreign import tensor_bundle
from whisperwave.exchange.foreign.faults import damaged, unsupported
from whisperwave.exchange.foreign.layers import Array, Facts, Plain, completed
from whisperwave.exchange.foreign.questions import Question, foretold
from whisperwave.library.display import shown

CODEC = "mulaw"
PARAMETERS = "wavenet_params.json"
_FIRST = "causal_layer/filter"
_ENDINGS = (".meta", tensor_bundle.INDEX)
_LAYER = re.compile(r"dilated_stack/layer(0|[1-9]\d{0,3})/(\w+)")
# A bias was meant to have a name; it was given in the place of another argument, and so they are
# called by their order.
_OF_LAYER = {
    "filter": "filter.weight", "gate": "gate.weight", "dense": "residual.weight",
    "skip": "skip.weight", "filter_bias": "filter.bias", "gate_bias": "gate.bias",
    "dense_bias": "residual.bias", "slip_bias": "skip.bias", "skip_bias": "skip.bias",
    "Variable": "filter.bias", "Variable_1": "gate.bias", "Variable_2": "residual.bias",
    "Variable_3": "skip.bias", "gc_filter": "gc_filter", "gc_gate": "gc_gate",
}  # fmt: skip
_SINGLE = {
    _FIRST: "start.weight", "postprocessing/postprocess1": "end1.weight",
    "postprocessing/postprocess2": "end2.weight", "postprocessing/postprocess1_bias": "end1.bias",
    "postprocessing/postprocess2_bias": "end2.bias", "postprocessing/Variable": "end1.bias",
    "postprocessing/Variable_1": "end2.bias", "embeddings/gc_embedding": "gc_embedding",
}  # fmt: skip
_PLACES = re.compile(r"(^|/)(dilated_stack|causal_layer|postprocessing|embeddings)/")
# What an optimiser keeps beside each variable.
_SLOTS = {"Adam", "Momentum", "RMSProp", "Adagrad", "ExponentialMovingAverage"}
_MOST_PARAMETERS_BYTES = 2**20


def recognises(path: Path, start: bytes) -> bool:  # noqa: ARG001 # its names say what it is
    """Whether a path names a checkpoint: by a file, by what its files begin with, by a folder."""
    prefix = _prefix(path)
    return prefix.with_name(f"{prefix.name}{tensor_bundle.INDEX}").is_file() or ".ckpt" in path.name


def gather(path: Path) -> tuple[Path, ...]:
    """The index with its shards, or the older single file; and the parameters, if they are there.

    Raises:
        ModelFileError: ``IMPORT_INCOMPLETE``, ``IMPORT_SEVERAL``.
    """
    prefix = _prefix(path)
    index = prefix.with_name(f"{prefix.name}{tensor_bundle.INDEX}")
    parameters = tuple(each for each in [prefix.with_name(PARAMETERS)] if each.is_file())
    if not index.is_file():
        return (path, *parameters)
    shards = sorted(each for each in prefix.parent.iterdir() if _is_shard(each, prefix))
    if not shards:
        raise ModelFileError(
            "IMPORT_INCOMPLETE",
            f"beside '{shown(index.name)}' there is no '{shown(prefix.name)}.data-00000-of-00001', "
            "which holds the numbers.",
            "Copy all files of the checkpoint into one folder.",
        )
    return (index, *shards, *parameters)


def _prefix(path: Path) -> Path:
    """What the names of a checkpoint's files begin with; in a folder, of the only one in it."""
    if path.is_dir():
        found = sorted(path.glob(f"*{tensor_bundle.INDEX}"))
        if len(found) != 1:
            raise ModelFileError(
                "IMPORT_SEVERAL",
                f"'{shown(path)}' holds {len(found)} checkpoints of TensorFlow.",
                "Name one of them by its .index file." if found else "Name a checkpoint's file.",
            )
        path = found[0]
    shard = tensor_bundle.SHARD.fullmatch(path.name)
    if shard:
        return path.with_name(shard["prefix"])
    return path.with_suffix("") if path.suffix in _ENDINGS else path


def _is_shard(path: Path, prefix: Path) -> bool:
    shard = tensor_bundle.SHARD.fullmatch(path.name)
    return bool(shard) and shard["prefix"] == prefix.name  # type: ignore[index] # bool(None) is False


def plain(files: Mapping[str, bytes]) -> Plain:
    """The network in the checkpoint.

    Raises:
        ModelFileError: the code says why not.
    """
    variables = tensor_bundle.read(files, _is_needed)
    roles = dict(_by_role(variables))
    if "start.weight" not in roles:
        raise unsupported(
            f"there is no variable {_FIRST} in it",
            "Give a checkpoint of tensorflow-wavenet.",
        )
    told = dict(_told(roles))
    tensors = {
        name: _turned(array) for name, array in roles.items() if name.endswith((".weight", ".bias"))
    }
    parameters = _parameters(files)
    return Plain(
        completed(tensors) | told,
        _dilations(parameters),
        Facts(CODEC, parameters.get("sample_rate")),
        scalar=tensors["start.weight"].shape[1] == 1,
    )


def foretell(files: Mapping[str, bytes], network: Plain, question: Question) -> Array:  # noqa: ARG001 # its weights are all there is
    """The network's logits, evaluated plainly."""
    return foretold(network, question)


def _is_needed(name: str) -> bool:
    """Whether a variable belongs to the network; one that only might is refused."""
    if _role(name) is not None:
        return True
    if _PLACES.search(name) and name.rpartition("/")[2].rstrip("_0123456789") not in _SLOTS:
        raise unsupported(
            f"the variable {shown(name[:80])} is none of tensorflow-wavenet's",
            "A network that was changed cannot be taken over by its weights alone.",
        )
    return False


def _role(name: str) -> str | None:
    """What a variable of the network is for; None for what only training needs."""
    for own, role in _SINGLE.items():
        if name == own or name.endswith(f"/{own}"):
            return role
    layer = _LAYER.search(name)
    if layer and layer.end() == len(name) and layer[2] in _OF_LAYER:
        return f"layers.{layer[1]}.{_OF_LAYER[layer[2]]}"
    return None


def _by_role(variables: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    seen = set()
    for name, array in variables.items():
        role = _role(name)
        if role in seen:
            raise damaged(f"two variables could be {shown(name[:80])}")
        seen.add(role)
        yield str(role), array.astype(np.float32)


def _turned(array: Array) -> Array:
    """``[k, I, O]`` to ``[O, I, k]``."""
    return array.transpose(2, 1, 0) if array.ndim == 3 else array


def _told(roles: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    """What each layer makes of each class: its embedding, through the layer's own weights."""
    embedding = roles.get("gc_embedding")
    for name, weight in roles.items():
        layer, is_told, part = name.partition(".gc_")
        if not is_told:
            continue
        if embedding is None:
            raise unsupported(
                "the network is told vectors that no variable holds",
                "Networks that are told one of several classes can be imported.",
            )
        if weight.ndim != 3 or embedding.ndim != 2 or weight.shape[:2] != (1, embedding.shape[1]):
            raise damaged(f"{name} has the shape {list(weight.shape)}")
        yield f"{layer}.told_{part}", (embedding @ weight[0]).T.copy()


def _parameters(files: Mapping[str, bytes]) -> Mapping[str, Any]:
    content = files.get(PARAMETERS, b"{}")
    if len(content) > _MOST_PARAMETERS_BYTES:
        raise _unusual(f"it has {len(content)} bytes")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _unusual("it is not JSON") from error
    if not isinstance(found, dict):
        raise _unusual("it is no mapping")
    rate = found.get("sample_rate")
    if rate is not None and (type(rate) is not int or not 1_000 <= rate <= 768_000):
        raise _unusual(f"sample_rate is {rate!r:.40}")
    return found


def _dilations(parameters: Mapping[str, Any]) -> tuple[int, ...] | None:
    found = parameters.get("dilations")
    if found is None:
        return None
    if not isinstance(found, list) or any(type(each) is not int or each < 1 for each in found):
        raise _unusual(f"dilations are {found!r:.80}")
    return tuple(found)


def _unusual(fault: str) -> ModelFileError:
    return ModelFileError(
        "IMPORT_PARAMETERS",
        f"{PARAMETERS} beside the checkpoint cannot be used: {fault}.",
        "Mend it, or move it away and give --layers-per-block and --rate.",
    )

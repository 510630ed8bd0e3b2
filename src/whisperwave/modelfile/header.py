"""The one metadata key of a model file: canonical JSON, written and strictly read."""

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whisperwave import __version__
from whisperwave.errors import ConfigError, ModelFileError
from whisperwave.modelfile import canonical, class_table, limits, upgrading
from whisperwave.modelfile.model import PRECISIONS, Cost, ModelFile
from whisperwave.shapes import Port, Signature

FORMAT = 2
NEEDS = "0.1.0"

_FIELDS: Mapping[str, type] = {
    "digest": str,
    "format": int,
    "made_by": str,
    "model": dict,
    "needs": str,
    "tensors": dict,
    "tolerances": dict,
}
_MODEL_FIELDS: Mapping[str, type] = {
    "catalogue": list,
    "config": dict,
    "family": str,
    "features": dict,
    "licence": str,
    "precisions": dict,
    "provenance": dict,
    "signature": dict,
    "statistics": dict,
}
_SIGNATURE_FIELDS: Mapping[str, type] = {
    "block_size": int,
    "codec": dict,
    "head": str,
    "inputs": list,
    "kind": str,
    "latency": int,
    "outputs": list,
    "receptive_field": int,
    "sample_rate": int,
}
_PORT_FIELDS: Mapping[str, type] = {"channels": int, "name": str, "rate": int, "role": str}
_COST_FIELDS: Mapping[str, type] = {
    "bits_after": float,
    "bits_before": float,
    "clips": int,
    "samples": int,
}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FAMILY = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class Metadata:
    """What the header says of a model beside its tensors."""

    digest: str
    tensors: Mapping[str, str]
    tolerances: Mapping[str, float]
    fields: Mapping[str, Any]


def compose(model: ModelFile, tensors: Mapping[str, str]) -> str:
    """The metadata text of ``model``, its own digest still 64 zeros.

    Args:
        model: the model to describe.
        tensors: the SHA-256 of every tensor, by name.
    """
    fields = {name: getattr(model, name) for name in _MODEL_FIELDS}
    fields["signature"] = model.signature.as_mapping()
    fields["precisions"] = {name: dataclasses.asdict(c) for name, c in model.precisions.items()}
    return canonical.dumps(
        {
            "digest": "0" * 64,
            "format": FORMAT,
            "made_by": f"whisperwave {__version__}",
            "model": fields,
            "needs": NEEDS,
            "tensors": tensors,
            "tolerances": model.exam.tolerances,
        }
    )


def parse(text: str) -> Metadata:
    """Read `compose`'s text, or that of an older format, which is upgraded.

    Every value has its type and lies inside `limits.RANGES`.

    Raises:
        ModelFileError: ``MODEL_NEWER``, ``MODEL_VERSION``, ``MODEL_SCHEMA`` or ``MODEL_RANGE``.
    """
    header = canonical.loads(text, "the metadata")
    _check_version(header)
    _check_fields(header, _FIELDS, "metadata")
    header = upgrading.upgraded(header)
    if not all(_is_digest(digest) for digest in (header["digest"], *header["tensors"].values())):
        raise _schema("a SHA-256 is not 64 lower-case hexadecimal digits")
    _check_tolerances(header["tolerances"])
    fields = header["model"]
    _check_fields(fields, _MODEL_FIELDS, "model")
    if not _FAMILY.fullmatch(fields["family"]):
        raise _schema(f"family is {fields['family']!r:.80}, not a lower-case name")
    limits.check_ranges(fields["config"], "config")
    signature = _signature(fields["signature"])
    precisions = {name: _cost(name, cost) for name, cost in fields["precisions"].items()}
    if not precisions.keys() <= header["tolerances"].keys():
        raise _schema(f"of {sorted(precisions)} not all have a tolerance of the exam")
    return Metadata(
        header["digest"],
        header["tensors"],
        header["tolerances"],
        fields | {"signature": signature, "precisions": precisions},
    )


def _check_version(header: Any) -> None:
    found = header.get("format") if isinstance(header, dict) else None
    if type(found) is not int or found < 1:
        raise ModelFileError(
            "MODEL_VERSION",
            f"the format version is {found!r:.40}, expected 1 to {FORMAT}.",
            "Write the model again with this version of WhisperWave.",
        )
    if found > FORMAT:
        raise ModelFileError(
            "MODEL_NEWER",
            f"the file is of format {found}, made by {header.get('made_by')!r:.60}; "
            f"this program reads formats 1 to {FORMAT}.",
            f"Install whisperwave {header.get('needs')!r:.20} or newer.",
        )


def _check_fields(value: Any, fields: Mapping[str, type], where: str) -> None:
    """Exactly these keys, each of exactly its type (a boolean is no whole number)."""
    if not isinstance(value, dict) or value.keys() != fields.keys():
        found = sorted(value) if isinstance(value, dict) else value
        raise _schema(f"{where} holds {found!r:.200}, expected {sorted(fields)}")
    for name, kind in fields.items():
        if type(value[name]) is not kind:
            raise _schema(f"{where}.{name} is {value[name]!r:.80}, expected {kind.__name__}")


def _check_tolerances(tolerances: Mapping[str, Any]) -> None:
    for precision, tolerance in tolerances.items():
        if precision not in PRECISIONS or not _is_tolerance(tolerance):
            raise _schema(
                f"the exam's tolerance for {precision!r:.40} is {tolerance!r:.40}, "
                f"expected 0 to 1 for one of {', '.join(PRECISIONS)}"
            )
    if "float32" not in tolerances:
        raise _schema("the exam states no tolerance for float32")


def _signature(mapping: Mapping[str, Any]) -> Signature:
    _check_fields(mapping, _SIGNATURE_FIELDS, "signature")
    limits.check_ranges(mapping, "signature")
    limits.check_ranges(mapping["codec"], "codec")
    fault = class_table.fault(mapping["codec"])
    if fault:
        raise _schema(fault)
    for port in (*mapping["inputs"], *mapping["outputs"]):
        _check_fields(port, _PORT_FIELDS, "port")
        limits.check_ranges(port, f"port {port['name']!r:.40}")
    try:
        return Signature.from_mapping(mapping)
    except ConfigError as error:
        raise _schema(error.message.rstrip(".")) from error


def _cost(precision: str, mapping: Any) -> Cost:
    if precision not in PRECISIONS[1:]:
        raise _schema(f"{precision!r:.40} is none of {', '.join(PRECISIONS[1:])}")
    _check_fields(mapping, _COST_FIELDS, f"precisions.{precision}")
    cost = Cost(**mapping)
    if min(cost.bits_before, cost.bits_after) < 0 or min(cost.clips, cost.samples) < 1:
        raise _schema(f"the cost of {precision} is {mapping!r:.160}")
    return cost


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _is_tolerance(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and 0 <= value <= 1


def _schema(fault: str) -> ModelFileError:
    return ModelFileError(
        "MODEL_SCHEMA",
        f"{fault}.",
        "The file is damaged or not written to docs/reference/model-file.md; get it again.",
    )


# A signature that gains a field must gain a type here, or every file would be refused.
assert set(_SIGNATURE_FIELDS) == {field.name for field in dataclasses.fields(Signature)}  # noqa: S101 # our own bug, not a user's
assert set(_COST_FIELDS) == {field.name for field in dataclasses.fields(Cost)}  # noqa: S101 # the same
assert set(_PORT_FIELDS) == {field.name for field in dataclasses.fields(Port)}  # noqa: S101 # the same

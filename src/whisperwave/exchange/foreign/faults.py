"""What is said of a foreign file that is refused."""

from whisperwave.errors import ModelFileError

_AGAIN = "The file is damaged or hostile; get it again, or ask its maker for another format."


def damaged(fault: str) -> ModelFileError:
    """The bytes are not what their format promises."""
    return ModelFileError("IMPORT_DAMAGED", f"{fault}.", _AGAIN)


def unsupported(
    fault: str, remedy: str = "Only WaveNets of the kinds named in the guide fit."
) -> ModelFileError:
    """The file may be whole, but it holds what we do not take in."""
    return ModelFileError("IMPORT_UNSUPPORTED", f"{fault}.", remedy)

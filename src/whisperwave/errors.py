"""One family of errors: each says what was wrong, with the value, and what to do.

The same text reaches the command line, the API and a page. `code` is stable and meant for programs;
`exit_code` groups the codes by kind for the shell.
"""


class WhisperwaveError(Exception):
    """The base of every error that a user can cause or meet.

    Args:
        code: stable upper-case identifier, for example ``AUDIO_TRUNCATED``.
        message: what was wrong, with the offending value.
        remedy: what the user can do about it.
    """

    exit_code = 1

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f" {self.remedy}" if self.remedy else "")

    def __reduce__(self) -> tuple[type["WhisperwaveError"], tuple[str, str, str]]:
        return type(self), (self.code, self.message, self.remedy)

    def as_mapping(self) -> dict[str, str]:
        """The error as JSON-ready text, the same in every face of the program."""
        return {"code": self.code, "message": self.message, "remedy": self.remedy}


class ConfigError(WhisperwaveError):
    """A value that a person wrote (option, override, argument) is out of range or unknown."""

    exit_code = 2


def check_within(name: str, value: float, least: float, most: float, unit: str) -> None:
    """Refuse a number that a person wrote; not a number is refused too.

    Raises:
        ConfigError: ``OUT_OF_RANGE``.
    """
    if not least <= value <= most:
        raise ConfigError(
            "OUT_OF_RANGE", f"{name} {value:g} {unit} is out of range.",
            f"Use {least:g} to {most:g} {unit}.",
        )  # fmt: skip


class AudioError(WhisperwaveError):
    """A sound file is missing, damaged, of the wrong kind, or holds no usable audio."""

    exit_code = 3


class LibraryError(WhisperwaveError):
    """The clip library is damaged, locked, or does not hold what was asked for."""

    exit_code = 4


class ModelFileError(WhisperwaveError):
    """A model file is damaged, hostile, or made for another version."""

    exit_code = 5


class EngineError(WhisperwaveError):
    """A runtime refused its input, or is not available on this machine."""

    exit_code = 6


class TrainingError(WhisperwaveError):
    """Training cannot start or go on."""

    exit_code = 7


class DivergedError(TrainingError):
    """Learning went out of bounds, and neither going back nor running again helps."""

    exit_code = 10


class GaveUpError(TrainingError):
    """A run was started again and again, and it is no use."""

    exit_code = 9


class OutputError(WhisperwaveError):
    """A result cannot be written where it was asked for."""

    exit_code = 8


class DownloadError(WhisperwaveError):
    """A server or an archive did not give what was expected."""

    exit_code = 9


class WorkerError(WhisperwaveError):
    """The processes or machines that share the work cannot go on."""

    exit_code = 11

"""What a person asks for: new sound in the style of picked clips, in a tagged file."""

from whisperwave.generation.mastering import Mastering, parse_loudness
from whisperwave.generation.picks import ClassName, Pick, Picks
from whisperwave.generation.piece import generate
from whisperwave.generation.request import Length, Programme, Request
from whisperwave.generation.result import Result
from whisperwave.generation.shipped import find_model
from whisperwave.generation.sinks import DeviceSink, FileSink, PipeSink, Sink
from whisperwave.generation.streaming import STOPPED, Streamed, stream
from whisperwave.generation.together import generate_together

__all__ = [
    "generate", "generate_together", "Request", "Result", "Length", "Mastering", "parse_loudness",
    "ClassName", "Pick", "Picks", "find_model", "stream", "Streamed", "Programme", "Sink",
    "DeviceSink", "FileSink", "PipeSink", "STOPPED",
]  # fmt: skip

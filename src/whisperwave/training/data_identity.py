"""What a run hears, as one digest: sounds that moved are the same, sounds that changed are not."""

import hashlib
import json

from whisperwave.datasets import Sounds


def data_digest(sounds: Sounds) -> str:
    """SHA-256 over every sample, and over the names, groups and splits of the excerpts."""
    layout = [[e.name, e.group, e.split, e.start, e.stop] for e in sounds.excerpts]
    digest = hashlib.sha256(json.dumps([sounds.sample_rate, layout]).encode())
    for excerpt in sounds.excerpts:
        digest.update(sounds.audio(excerpt).data)
    return digest.hexdigest()

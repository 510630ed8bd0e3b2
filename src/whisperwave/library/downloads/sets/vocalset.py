"""VocalSet 1.1: twenty singers, seventeen ways of singing (Wilkins and others, 2018).

``FULL/female1/arpeggios/belt/f1_arpeggios_belt_c_a.wav``.
"""

import re
from pathlib import PurePosixPath

from whisperwave.library.downloads.public import Archive, Place, PublicSet

_SINGER = re.compile(r"(fe)?male\d+")
# Version 1.2 holds every sound three times, sorted in three ways.
_OTHER_ORDERS = frozenset(("data_by_technique", "data_by_vowel", "__MACOSX"))


def _place(path: str) -> Place | None:
    name = PurePosixPath(path)
    if name.suffix.lower() != ".wav" or _OTHER_ORDERS & set(name.parts):
        return None
    for index, part in enumerate(name.parts[:-1]):
        if _SINGER.fullmatch(part):
            names = ("context", "technique")
            tags = dict(zip(names, name.parts[index + 1 : -1], strict=False))
            return Place(part, name.stem, tags)
    return None


SET = PublicSet(
    name="vocalset",
    title="VocalSet 1.1",
    page="https://zenodo.org/records/1442513",
    licence="Creative Commons Attribution 4.0 International (CC BY 4.0): name Wilkins, "
    "Seetharaman, Wahl and Pardo, 2018.",
    licence_address="https://creativecommons.org/licenses/by/4.0/legalcode",
    archives=(
        Archive(
            "VocalSet11.zip",
            "https://zenodo.org/records/1442513/files/VocalSet11.zip",
            size=2_077_243_579,
        ),
    ),
    seconds=31_656.0,
    place=_place,
)

"""VCTK 0.92: 110 speakers of English read newspaper sentences (Yamagishi and others, 2019).

``wav48_silence_trimmed/p225/p225_001_mic1.flac``; of its two microphones the first is taken, which
every speaker has.
"""

import re
from pathlib import PurePosixPath

from whisperwave.library.downloads.public import Archive, Place, PublicSet

_NAME = re.compile(r"(?P<speaker>[ps]\d+)_(?P<sentence>\d+)_mic1\.flac")


def _place(path: str) -> Place | None:
    name = PurePosixPath(path)
    found = _NAME.fullmatch(name.name)
    if found is None or name.parent.name != found["speaker"] or "__MACOSX" in name.parts:
        return None
    return Place(found["speaker"], name.stem, {"sentence": found["sentence"]})


SET = PublicSet(
    name="vctk",
    title="CSTR VCTK Corpus 0.92",
    page="https://datashare.ed.ac.uk/handle/10283/3443",
    licence="Creative Commons Attribution 4.0 International (CC BY 4.0): name Yamagishi, Veaux and "
    "MacDonald, 2019.",
    licence_address="https://creativecommons.org/licenses/by/4.0/legalcode",
    archives=(
        Archive(
            "VCTK-Corpus-0.92.zip",
            "https://datashare.ed.ac.uk/bitstream/handle/10283/3443/VCTK-Corpus-0.92.zip",
            sha256="f96258be9fdc2cbff6559541aae7ea4f59df3fcaf5cf963aae5ca647357e359c",
            size=11_747_302_977,
        ),
    ),
    seconds=149_815.0,
    place=_place,
)

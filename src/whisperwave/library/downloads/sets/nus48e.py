"""NUS-48E: twelve people sing and read the words of 48 English songs (Duan and others, 2013).

``…/ADIZ/sing/01.wav`` and ``…/ADIZ/read/01.wav``.
"""

from pathlib import PurePosixPath

from whisperwave.library.downloads.public import Archive, Place, PublicSet

_PAGE = "https://www.smcnus.org/nus-48e-sung-and-spoken-lyrics-corpus/"


def _place(path: str) -> Place | None:
    name = PurePosixPath(path)
    if name.suffix.lower() != ".wav" or len(name.parts) < 3:
        return None
    speaker, manner = name.parts[-3], name.parts[-2].lower()
    if manner not in ("sing", "read"):
        return None
    return Place(speaker, f"{manner}-{name.stem}", {"manner": manner, "song": name.stem})


SET = PublicSet(
    name="nus48e",
    title="NUS-48E sung and spoken lyrics corpus",
    page=_PAGE,
    licence="For research only; not to be passed on. Cite Duan, Fang, Li, Sim and Wang, 2013.",
    licence_address=_PAGE,
    archives=(Archive("nus-smc-corpus_48.zip"),),
    seconds=10_140.0,
    place=_place,
    asking="The Sound and Music Computing Lab of the National University of Singapore gives it to "
    f"who asks, see {_PAGE}.",
)

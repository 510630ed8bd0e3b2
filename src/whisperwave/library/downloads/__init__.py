"""Public data sets brought to this computer: the only room here that opens a connection."""

from whisperwave.library.downloads.downloading import Download, Downloaded, download, is_here
from whisperwave.library.downloads.public import PublicSet, find, names

__all__ = ["Download", "Downloaded", "PublicSet", "download", "find", "is_here", "names"]

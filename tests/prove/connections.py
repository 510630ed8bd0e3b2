"""Which addresses some processes are connected to, or try to be: the system's own tables, read."""

import ipaddress
from collections.abc import Iterable
from pathlib import Path

_LISTENING = "0A"


class Watch:
    """Looks again and again; ``addresses`` are all that were seen at the other end."""

    def __init__(self) -> None:
        self.addresses: set[str] = set()
        self.looks = 0

    def look(self, pids: Iterable[int]) -> None:
        """Note the other ends of what these processes have open now."""
        sockets = {inode for pid in pids for inode in _sockets(pid)}
        self.looks += 1
        for table in ("tcp", "tcp6", "udp", "udp6"):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                words = line.split()
                remote, state, inode = words[2], words[3], words[9]
                if inode in sockets and state != _LISTENING:
                    self._note(remote)

    def _note(self, remote: str) -> None:
        address, _, port = remote.partition(":")
        if int(port, 16):
            self.addresses.add(_plain(address))


def _sockets(pid: int) -> Iterable[str]:
    """The inodes of a process's sockets."""
    try:
        links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return
    yield from (link[8:-1] for link in links if link.startswith("socket:["))


def _plain(address: str) -> str:
    """An address as people write it; the table has words of four bytes in the host's order."""
    words = [address[start : start + 8] for start in range(0, len(address), 8)]
    packed = b"".join(bytes.fromhex(word)[::-1] for word in words)
    found = ipaddress.ip_address(packed)
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)

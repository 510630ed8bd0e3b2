"""Fetching one file over HTTP, however often the connection breaks.

What has come so far lies in ``….part``, and beside it in ``….part.json`` which file it is of, by
the server's own mark (its ETag, or its date). Only the rest is asked for, and only if the file is
still that one (``If-Range``): a file that has changed meanwhile, or a server that cannot give
parts, means beginning again, never two halves of different files.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.message import Message
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from whisperwave.errors import DownloadError
from whisperwave.library import durable

Progress = Callable[[float, float], None]

_CHUNK_BYTES = 256 * 1024
_OK, _PARTIAL, _NOT_SATISFIABLE = 200, 206, 416
_TRY_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))
_BROKEN = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server, in seconds, and how many fruitless tries in a row to make."""

    timeout: float = 30.0
    tries: int = 8
    first_pause: float = 0.5
    longest_pause: float = 30.0

    def pause(self, failures: int) -> None:
        """Wait after so many failures in a row."""
        time.sleep(min(self.longest_pause, self.first_pause * 2 ** (failures - 1)))


@dataclass(frozen=True)
class _Mark:
    """Which file a part is of."""

    address: str
    validator: str
    total: int | None


def fetch(
    address: str,
    target: Path,
    *,
    size: int | None = None,
    progress: Progress | None = None,
    patience: Patience = Patience(),
) -> None:
    """Fetch the file at ``address`` to ``target``, going on where an earlier try ended.

    Args:
        address: of HTTP or HTTPS.
        target: where it goes, once it is whole.
        size: how many bytes it must have, where that is known.
        progress: called with (bytes that are here, bytes that there are; infinite if unknown).
        patience: with the server.

    Raises:
        DownloadError: ``BAD_ADDRESS``, ``DOWNLOAD_REFUSED`` with the server's answer,
            ``DOWNLOAD_BROKEN`` when all tries failed, or ``SIZE_WRONG``.
        OutputError: it cannot be written.
    """
    if urlsplit(address).scheme not in ("http", "https"):
        raise DownloadError(
            "BAD_ADDRESS", f"{address!r} is no address of HTTP.", "Give one like https://host/path."
        )
    download = _Download(address, target, size, progress, patience)
    failures = 0
    while True:
        before, why = download.here, "it ends too early"
        try:
            if download.go_on():
                break
        except _BROKEN as error:
            why = str(error) or type(error).__name__
        failures = 1 if download.here > before else failures + 1
        if failures >= patience.tries:
            raise _broken(address, why)
        patience.pause(failures)
    download.finish()


def fetch_text(address: str, most_bytes: int, patience: Patience = Patience()) -> str | None:
    """A small text; None if the server has no such file.

    Raises:
        DownloadError: the server cannot be asked, or the text is longer than ``most_bytes``.
    """
    try:
        with _open(address, {}, patience) as answer:
            content: bytes = answer.read(most_bytes + 1)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (403, 404, 410):
            return None
        raise _broken(address, error) from error
    except _BROKEN as error:
        raise _broken(address, error) from error
    if len(content) > most_bytes:
        raise _broken(address, f"it has more than {most_bytes} bytes")
    return content.decode("utf-8", "replace")


class _Download:
    def __init__(
        self,
        address: str,
        target: Path,
        size: int | None,
        progress: Progress | None,
        patience: Patience,
    ) -> None:
        self._address, self._target, self._size = address, target, size
        self._progress, self._patience = progress, patience
        self._part = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")

    @property
    def here(self) -> int:
        """How many bytes have come."""
        return self._part.stat().st_size if self._part.exists() else 0

    def go_on(self) -> bool:
        """Take what the server gives in one answer; whether all of it is here now.

        Raises:
            OSError, http.client.HTTPException: the connection broke; it can be tried again.
        """
        mark = self._read_mark()
        try:
            with _open(self._address, self._asking(mark), self._patience) as answer:
                return self._take(answer, mark)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == _NOT_SATISFIABLE:
                return self._is_all_here(mark) or self._begin_again()
            if error.code in _TRY_AGAIN:
                raise
            raise DownloadError(
                "DOWNLOAD_REFUSED",
                f"{self._address} answers {error.code} {error.reason}.",
                "Look at the data set's page, or name a mirror with --from.",
            ) from error

    def finish(self) -> None:
        """Give the whole file its name."""
        with durable.replacing(self._target) as temporary:
            self._part.replace(temporary)
        self._note.unlink(missing_ok=True)

    def _asking(self, mark: _Mark | None) -> dict[str, str]:
        if mark is None or not self.here:
            return {}
        return {"Range": f"bytes={self.here}-", "If-Range": mark.validator}

    def _take(self, answer: Any, mark: _Mark | None) -> bool:
        begins, total = _extent(answer)
        if self._size is not None and total not in (None, self._size):
            raise DownloadError(
                "SIZE_WRONG",
                f"{self._address} has {total} bytes; {self._size} are expected.",
                "It is not the file that it should be. Name another source with --from.",
            )
        if begins and not (begins == self.here and mark and mark.total in (None, total)):
            return self._begin_again()
        with _writing(self._part, "ab" if begins else "wb") as file:
            if not begins:
                self._write_mark(answer.headers, total)
            self._copy(answer, file, begins, total)
        return total is None or self.here == total

    def _copy(self, answer: Any, file: BinaryIO, here: int, total: int | None) -> None:
        while chunk := answer.read(_CHUNK_BYTES):
            try:
                file.write(chunk)
                file.flush()
            except OSError as error:
                raise durable.explain(error, self._part) from error
            here += len(chunk)
            if total is not None and here > total:
                raise http.client.HTTPException(f"more than the {total} bytes announced")
            if self._progress is not None:
                self._progress(here, float("inf") if total is None else total)

    def _is_all_here(self, mark: _Mark | None) -> bool:
        return mark is not None and mark.total is not None and self.here == mark.total

    def _begin_again(self) -> bool:
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        return False

    def _read_mark(self) -> _Mark | None:
        """What the part is of; a part of what cannot be told is not gone on with."""
        try:
            mark = _Mark(**json.loads(self._note.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return mark if mark.address == self._address and mark.validator else None

    def _write_mark(self, headers: Message, total: int | None) -> None:
        mark = _Mark(self._address, _validator(headers), total)
        durable.write_bytes(self._note, json.dumps(asdict(mark)).encode())


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from HTTPS down to HTTP."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise DownloadError(
                "DOWNLOAD_REFUSED", f"{req.full_url} leads to {newurl}, which is not encrypted.",
                "Name another source with --from.",
            )  # fmt: skip
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """HTTP and HTTPS, and nothing else."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _open(address: str, asking: dict[str, str], patience: Patience) -> Any:
    headers = {"User-Agent": "whisperwave", "Accept-Encoding": "identity", **asking}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - checked before
    answer = _opener().open(request, timeout=patience.timeout)
    if answer is None or answer.headers.get("Content-Encoding", "identity") != "identity":
        raise http.client.HTTPException("the server sends something else than the file")
    return answer


def _extent(answer: Any) -> tuple[int, int | None]:
    """Where an answer begins in the file, and how long all of the file is, if it says so."""
    if answer.status == _PARTIAL:
        unit, _, extent = answer.headers.get("Content-Range", "").partition(" ")
        span, _, total = extent.partition("/")
        first = span.partition("-")[0]
        if unit != "bytes" or not first.isdecimal() or not total.isdecimal():
            raise http.client.HTTPException(f"a part that says it is {unit} {extent!r}")
        return int(first), int(total)
    if answer.status != _OK:
        raise http.client.HTTPException(f"an answer of status {answer.status}")
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _validator(headers: Message) -> str:
    """What a server knows this very file by; empty if by nothing that is sure."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified", "")


def _writing(path: Path, mode: str) -> BinaryIO:
    try:
        return cast("BinaryIO", path.open(mode))
    except OSError as error:
        raise durable.explain(error, path) from error


def _broken(address: str, why: object) -> DownloadError:
    return DownloadError(
        "DOWNLOAD_BROKEN",
        f"{address} could not be fetched: {why}.",
        "Run the same command again; it goes on where it was.",
    )

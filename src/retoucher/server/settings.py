"""What a server is told at its start."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from retoucher.image import MAX_PIXELS

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Settings:
    """`state`: the folder for photos. `photos`: the files of the folder that was named. `output`: where `save` writes.

    `share`: the address may be another than loopback; then the token is not given with the page and every call needs
    it. `editor`: the folder of the page's files.
    """

    state: Path
    token: str
    host: str = "127.0.0.1"
    port: int = 8765
    share: bool = False
    device: str = "auto"
    photos: Path | None = None
    output: Path | None = None
    compat: bool = False
    keep: bool = True
    max_bytes: int = 200 * MEGABYTE
    max_pixels: int = MAX_PIXELS
    queue: int = 16
    log: bool = False
    editor: Path = Path(__file__).parent.parent / "editor"

    @property
    def persons_bytes(self) -> int:
        """Bytes that the photos of a person may have together; they are in memory for as long as the job takes."""
        return 4 * self.max_bytes

    @property
    def url(self) -> str:
        """What to open in a browser. The token is in the fragment, which is never sent to a server."""
        return f"http://{in_url(self.host)}:{self.port}/" + (f"#token={self.token}" if self.share else "")


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this computer only."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def in_url(host: str) -> str:
    """An address as it stands in a URL: IPv6 in brackets."""
    return f"[{host.strip('[]')}]" if ":" in host else host

"""Certificates of servers on loopback: an authority that clients trust, and one it signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from aml_pipelines.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VALID = timedelta(days=365)
RENEW_BEFORE = timedelta(days=7)


@dataclass(frozen=True)
class Certificates:
    """Files: the authority that clients trust, and certificate and key of the server."""

    authority: Path
    server: Path
    key: Path

    def are_good(self, now: datetime) -> bool:
        """Return whether the files belong together and the server's certificate is valid.

        It must be so for a week from `now`.
        """
        try:
            server = x509.load_pem_x509_certificate(self.server.read_bytes())
            authority = x509.load_pem_x509_certificate(self.authority.read_bytes())
            key = load_pem_private_key(self.key.read_bytes(), None)
            server.verify_directly_issued_by(authority)
        except (OSError, ValueError, TypeError, InvalidSignature):
            return False
        is_private = not self.key.stat().st_mode & 0o077
        is_valid = server.not_valid_before_utc <= now < server.not_valid_after_utc - RENEW_BEFORE
        return is_private and is_valid and key.public_key() == server.public_key()


def ensure_certificates(
    folder: Path, hosts: Sequence[str], *, now: datetime | None = None
) -> Certificates:
    """Make certificates for `hosts` in `folder`, on any doubt of those that are there.

    trustme makes them for tests, which is what a server on loopback is to its clients: the
    authority's key is never written, so nobody can sign a further certificate with it. The server
    has a certificate of its own because rustls refuses one that is an authority too.
    """
    now = now or datetime.now(UTC)
    files = Certificates(folder / "authority.pem", folder / "server.pem", folder / "server-key.pem")
    if files.are_good(now):
        return files
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = trustme.CA()
    server = authority.issue_cert(*hosts, not_after=now + VALID)
    write_whole(files.key, server.private_key_pem.bytes(), mode=0o600)
    write_whole(files.server, b"".join(blob.bytes() for blob in server.cert_chain_pems))
    write_whole(files.authority, authority.cert_pem.bytes())
    return files


def write_trusted(authority: Path, trusted: Path, *, besides: Path) -> None:
    """Write what jobs trust: `authority`, and all that they would trust without it."""
    write_whole(trusted, besides.read_bytes() + b"\n" + authority.read_bytes())

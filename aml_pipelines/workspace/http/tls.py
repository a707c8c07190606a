"""Makes the self-signed certificate for HTTPS on loopback, once for each state folder."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aml_pipelines.workspace.loopback import LOOPBACK

if TYPE_CHECKING:
    from pathlib import Path

VALID = timedelta(days=365)
RENEW_BEFORE = timedelta(days=7)


def ensure_certificate(certificate: Path, key: Path, *, now: datetime | None = None) -> None:
    """Make certificate and key for 127.0.0.1, unless they exist and last another week."""
    now = now or datetime.now(UTC)
    if certificate.is_file() and key.is_file():
        present = x509.load_pem_x509_certificate(certificate.read_bytes())
        if present.not_valid_after_utc - now > RENEW_BEFORE:
            return
    private = ec.generate_private_key(ec.SECP256R1())
    certificate.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    encoded = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(key, encoded, 0o600)
    signed = _self_signed(private, now)
    _write(certificate, signed.public_bytes(serialization.Encoding.PEM), 0o644)


def write_trusted(certificate: Path, trusted: Path, *, besides: Path) -> None:
    """Write the certificates that jobs trust: `certificate`, and those in the file `besides`."""
    _write(trusted, besides.read_bytes() + b"\n" + certificate.read_bytes(), 0o644)


def _self_signed(private: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    # A name of its own: of two certificates with one name a client may take the wrong one.
    own = f"Azure ML local workspace {secrets.token_hex(8)}"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, own)])
    usable_as = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(usable_as, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )


def _write(file: Path, content: bytes, mode: int) -> None:
    partial = file.with_name(f"{file.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
        stream.write(content)
    partial.replace(file)

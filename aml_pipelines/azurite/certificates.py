"""The certificates of one run, with which this machine answers for the lake's account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_VALID = timedelta(days=7)
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Certificates:
    """Files: the authority that jobs trust, and certificate and key of the server."""

    authority: Path
    server: Path
    key: Path


def write_certificates(folder: Path, hosts: Sequence[str]) -> Certificates:
    """Make certificates for `hosts` in `folder`, which nobody else may read.

    The authority is another certificate than the server's: rustls refuses one that is both. Its
    key is thrown away.
    """
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer, subject = _name("Azurite's gateway: authority"), _name("Azurite's gateway")
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    authority = _certificate(issuer, authority_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    server = (
        _certificate(subject, server_key)
        .issuer_name(issuer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(names, critical=False)
    )
    made = Certificates(folder / "authority.pem", folder / "server.pem", folder / "server-key.pem")
    signed = authority.issuer_name(issuer).sign(authority_key, hashes.SHA256())
    made.authority.write_bytes(signed.public_bytes(_PEM))
    made.server.write_bytes(server.sign(authority_key, hashes.SHA256()).public_bytes(_PEM))
    made.key.write_bytes(
        server_key.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _VALID)
    )

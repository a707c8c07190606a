"""The certificates of loopback servers: made once, made anew before they end."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from aml_pipelines.certificates import Certificates, ensure_certificates, write_trusted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_certificate_is_kept_while_it_lasts_and_made_anew_a_week_before_it_ends(
    tmp_path: Path,
) -> None:
    tls = tmp_path / "tls"

    first = ensure_certificates(tls, ["127.0.0.1"], now=BEGIN).server.read_bytes()
    kept = ensure_certificates(tls, ["127.0.0.1"], now=BEGIN + timedelta(days=357))
    assert kept.server.read_bytes() == first

    renewed = ensure_certificates(tls, ["127.0.0.1"], now=BEGIN + timedelta(days=359))
    server = x509.load_pem_x509_certificate(renewed.server.read_bytes())
    assert server.not_valid_after_utc == BEGIN + timedelta(days=359 + 365)


def test_a_certificate_without_its_authority_is_made_anew(tmp_path: Path) -> None:
    files = ensure_certificates(tmp_path, ["127.0.0.1"])
    files.authority.unlink()

    ensure_certificates(tmp_path, ["127.0.0.1"])

    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    server = x509.load_pem_x509_certificate(files.server.read_bytes())
    server.verify_directly_issued_by(authority)


def break_the_key(files: Certificates) -> None:
    other = ensure_certificates(files.key.parent / "other", ["127.0.0.1"])
    files.key.write_bytes(other.key.read_bytes())


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(break_the_key, id="the key of another certificate"),
        pytest.param(lambda files: files.server.write_text("no PEM"), id="no PEM"),
        pytest.param(lambda files: files.key.write_text(""), id="an empty key"),
        pytest.param(lambda files: files.key.chmod(0o644), id="a key that others may read"),
    ],
)
def test_certificates_of_which_there_is_any_doubt_are_made_anew(
    tmp_path: Path, spoil: Callable[[Certificates], object]
) -> None:
    spoil(ensure_certificates(tmp_path, ["127.0.0.1"]))

    files = ensure_certificates(tmp_path, ["127.0.0.1"])

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server, files.key)
    assert files.key.stat().st_mode & 0o777 == 0o600


def test_a_certificate_is_for_its_hosts_and_its_key_for_its_owner(tmp_path: Path) -> None:
    files = ensure_certificates(tmp_path, ["127.0.0.1", "lake.dfs.core.windows.net"])

    server = x509.load_pem_x509_certificate(files.server.read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert names.get_values_for_type(x509.DNSName) == ["lake.dfs.core.windows.net"]
    assert files.key.stat().st_mode & 0o777 == 0o600


def test_two_lakes_have_authorities_of_different_names_or_a_client_may_take_the_wrong_one(
    tmp_path: Path,
) -> None:
    files = [ensure_certificates(tmp_path / lake, ["127.0.0.1"]) for lake in ("one", "other")]

    found = [x509.load_pem_x509_certificate(item.authority.read_bytes()) for item in files]
    units = [
        item.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)[0].value
        for item in found
    ]
    assert units[0] != units[1]


def test_jobs_trust_the_workspace_besides_all_that_they_trusted_before(tmp_path: Path) -> None:
    own = ensure_certificates(tmp_path / "own", ["127.0.0.1"]).authority
    company = ensure_certificates(tmp_path / "company", ["127.0.0.1"]).authority
    trusted = tmp_path / "trusted.pem"

    write_trusted(own, trusted, besides=company)

    found = x509.load_pem_x509_certificates(trusted.read_bytes())
    assert found == [x509.load_pem_x509_certificate(file.read_bytes()) for file in (company, own)]

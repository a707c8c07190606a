"""The certificate of the loopback server: made once, made anew before it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509

from aml_pipelines.workspace.http.tls import ensure_certificate, write_trusted

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_certificate_is_kept_while_it_lasts_and_made_anew_a_week_before_it_ends(
    tmp_path: Path,
) -> None:
    certificate, key = tmp_path / "tls" / "certificate.pem", tmp_path / "tls" / "key.pem"

    ensure_certificate(certificate, key, now=BEGIN)
    first = certificate.read_bytes()
    ensure_certificate(certificate, key, now=BEGIN + timedelta(days=357))
    kept = certificate.read_bytes()
    ensure_certificate(certificate, key, now=BEGIN + timedelta(days=359))
    renewed = x509.load_pem_x509_certificate(certificate.read_bytes())

    assert kept == first
    assert renewed.not_valid_after_utc == BEGIN + timedelta(days=359 + 365)


def test_a_certificate_is_for_127_0_0_1_and_its_key_for_its_owner(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    ensure_certificate(certificate, key)

    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert key.stat().st_mode & 0o777 == 0o600


def test_jobs_trust_the_workspace_besides_all_that_they_trusted_before(tmp_path: Path) -> None:
    own, key = tmp_path / "own.pem", tmp_path / "own.key"
    company, trusted = tmp_path / "company.pem", tmp_path / "trusted.pem"
    ensure_certificate(own, key)
    ensure_certificate(company, key.with_name("company.key"))

    write_trusted(own, trusted, besides=company)
    found = x509.load_pem_x509_certificates(trusted.read_bytes())
    assert found == [x509.load_pem_x509_certificate(file.read_bytes()) for file in (company, own)]

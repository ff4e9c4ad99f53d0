"""The certificate that nginx shows, and its renewal."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

from conftest import Station
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec


def shown(station: Station) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ssl.get_server_certificate((station.address, 443)).encode())


def test_the_certificate_names_the_station_and_holds_for_a_year(station: Station) -> None:
    certificate = shown(station)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} == set(station.names)
    addresses = {str(a) for a in names.get_values_for_type(x509.IPAddress)}
    assert addresses == {name for name in station.names if is_address(name)}
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
    assert certificate.public_key().curve.name == "secp256r1"
    now = datetime.now(UTC)
    assert certificate.not_valid_before_utc <= now
    assert now + timedelta(days=30) < certificate.not_valid_after_utc <= now + timedelta(days=398)


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def test_it_is_signed_by_the_stations_own_authority(station: Station) -> None:
    authority = x509.load_pem_x509_certificate(station.authority.encode())
    shown(station).verify_directly_issued_by(authority)
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    assert station.browser().get("/health").status == 200  # a client that trusts this authority alone


def test_its_keys_are_read_by_those_who_need_them(station: Station) -> None:
    server = station.host.file("/etc/spotkeeper/tls/server.key")
    assert (server.user, server.group, server.mode) == ("root", "ssl-cert", 0o640)
    authority = station.host.file("/etc/spotkeeper/tls/authority.key")
    assert (authority.user, authority.mode) == ("root", 0o600)


def test_it_is_kept_by_a_second_run_and_renewed_by_a_timer(station: Station) -> None:
    before = shown(station).serial_number
    assert station.host.run("systemctl start spotkeeper-certificate.service").rc == 0
    assert shown(station).serial_number == before
    timer = station.host.run("systemctl list-timers --all --no-legend 'spotkeeper-certificate.timer'")
    assert "spotkeeper-certificate.service" in timer.stdout

"""Grafana's settings as the role renders them, and the provisioning files."""

from __future__ import annotations

import configparser

import jinja2
import pytest
import yaml

from tests.grafana.conftest import ROOT

ROLE = ROOT / "roles" / "grafana"
DATA_SOURCES = yaml.safe_load((ROOT / "grafana/provisioning/datasources/spotkeeper.yml").read_text())
PROVIDERS = yaml.safe_load((ROOT / "grafana/provisioning/dashboards/spotkeeper.yml").read_text())


@pytest.fixture(scope="module")
def settings() -> configparser.ConfigParser:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701
    template = environment.from_string((ROLE / "templates/etc/grafana/grafana.ini.j2").read_text())
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.read_string(
        "[DEFAULT]\n"
        + template.render(ansible_managed="Ansible managed", grafana_domain="station.example.org")
    )
    return parser


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("server", "protocol", "https"),
        ("server", "min_tls_version", "TLS1.2"),
        ("server", "http_port", "3000"),
        ("server", "domain", "station.example.org"),
        ("security", "cookie_secure", "true"),
        ("security", "cookie_samesite", "strict"),
        ("security", "allow_embedding", "false"),
        ("security", "strict_transport_security", "true"),
        ("security", "content_security_policy", "true"),
        ("security", "disable_gravatar", "true"),
        ("users", "allow_sign_up", "false"),
        ("auth", "disable_login_form", "false"),
        ("auth.anonymous", "enabled", "false"),
        ("public_dashboards", "enabled", "false"),
        ("snapshots", "enabled", "false"),
        ("analytics", "reporting_enabled", "false"),
        ("analytics", "check_for_updates", "false"),
        ("analytics", "check_for_plugin_updates", "false"),
        ("news", "news_feed_enabled", "false"),
        ("plugins", "preinstall_disabled", "true"),
    ],
)
def test_grafana_is_closed_and_keeps_to_itself(
    settings: configparser.ConfigParser, section: str, key: str, value: str
) -> None:
    assert settings[section][key] == value


def test_no_secret_stands_in_the_settings(settings: configparser.ConfigParser) -> None:
    for section in settings.sections():
        for key, value in settings.items(section):
            if "password" in key or "secret" in key:
                assert value.startswith("$__file{/etc/grafana/"), f"{section}.{key}"


def test_the_policy_names_no_other_host(settings: configparser.ConfigParser) -> None:
    policy = settings["security"]["content_security_policy_template"].strip('"')
    sources = {source for directive in policy.split(";") for source in directive.split()[1:]}
    assert {source for source in sources if "." in source or "*" in source} == set()


def test_postgresql_is_reached_over_the_socket_as_the_user_that_only_reads() -> None:
    (source,) = [source for source in DATA_SOURCES["datasources"] if source["uid"] == "postgresql"]
    assert source["url"] == "/run/postgresql"
    assert source["user"] == "grafana"
    assert "secureJsonData" not in source


def test_no_data_source_can_be_edited_in_the_browser_and_all_requests_go_through_the_server() -> None:
    assert {source["uid"] for source in DATA_SOURCES["datasources"]} == {"prometheus", "postgresql"}
    for source in DATA_SOURCES["datasources"]:
        assert source["editable"] is False
        assert source["access"] == "proxy"


def test_the_dashboards_are_read_from_where_the_role_puts_them() -> None:
    (provider,) = PROVIDERS["providers"]
    assert provider["options"]["path"] == "/etc/grafana/dashboards"
    assert provider["allowUiUpdates"] is False

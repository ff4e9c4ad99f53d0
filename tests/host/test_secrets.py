"""No password lies where others can read it."""

from conftest import Station

PLACES = "/etc /home /opt /root /run /srv /tmp /usr/local /var"


def secrets_of(station: Station) -> list[str]:
    made_here = [path.read_text().strip() for path in station.credentials.iterdir()]
    key = station.host.file("/etc/spotkeeper/secret_key").content_string.strip()
    assert len(made_here) >= 1
    assert all(len(secret) >= 12 for secret in [*made_here, key])
    return [*made_here, key]


def found_in(station: Station, what: str) -> list[str]:
    """Lines of a command's output that hold a secret. The secrets lie in a file that only root can read."""
    run = station.host.run
    assert run("install -m 0600 /dev/null /run/patterns").rc == 0
    try:
        for secret in secrets_of(station):
            assert station.host.run("printf '%%s\\n' %s >> /run/patterns", secret).rc == 0
        return run(what).stdout.splitlines()
    finally:
        run("rm /run/patterns")


def test_not_in_the_process_list(station: Station) -> None:
    assert found_in(station, "ps -eo args= | grep -Ff /run/patterns") == []


def test_not_in_the_journal(station: Station) -> None:
    # sshd of test hosts logs no commands; what the playbook ran is there under the name of ansible.
    assert found_in(station, "journalctl --no-pager --quiet | grep -Ff /run/patterns") == []


def test_not_in_files_that_everybody_can_read(station: Station) -> None:
    search = f"find {PLACES} -xdev -type f -perm -o=r -size -4M -exec grep -lFf /run/patterns {{}} +"
    assert found_in(station, search) == []

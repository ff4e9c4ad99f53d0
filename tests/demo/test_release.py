"""A release that does not become healthy."""

from pathlib import Path

from tests.demo.conftest import INVENTORY, ROOT, run


def on_host(command: str) -> str:
    done = run("ansible", "-i", INVENTORY, "station", "-m", "ansible.builtin.shell", "-a", command)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_release_before_it_is_put_back_in_force(demo: str, tmp_path: Path) -> None:
    before = on_host("readlink /opt/spotkeeper/current")
    run("git", "clone", "--quiet", ROOT, tmp_path / "broken")
    with (tmp_path / "broken/app/spotkeeper/web/__init__.py").open("a") as module:
        module.write('\nraise RuntimeError("a mistake in this release")\n')
    done = run("ansible-playbook", "-i", INVENTORY, "playbooks/app.yml", folder=tmp_path / "broken")
    assert done.returncode != 0
    said = " ".join(done.stdout.split())
    assert "did not become healthy" in said, said[-3000:]
    assert "The one before it is in force again." in said
    assert "a mistake in this release" in said
    assert on_host("readlink /opt/spotkeeper/current") == before
    on_host("systemctl is-active spotkeeper-scraper spotkeeper-notifier")
    on_host("timeout 30 sh -c 'until systemctl is-active --quiet spotkeeper-dashboard; do sleep 1; done'")

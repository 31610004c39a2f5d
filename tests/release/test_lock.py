"""The lock agrees with what it was made from, and what does not is named."""

import re

from release.lock import CONSTRAINTS, LOCK, disagreements, hashes, pins


def changed(tmp_path, old, new):
    """Write the lock with something changed."""
    text, count = re.subn(old, new, LOCK.read_text(), count=1, flags=re.MULTILINE)
    assert count == 1
    path = tmp_path / LOCK.name
    path.write_text(text)
    return path


def test_the_lock_agrees_with_the_project_and_its_constraints():
    assert disagreements() == []
    assert len(pins(LOCK)) > 80
    assert all(hashes(LOCK).values())


def test_the_constraints_have_no_hashes_for_they_serve_editable_installations():
    assert "--hash" not in CONSTRAINTS.read_text()


def test_another_version_is_named(tmp_path):
    lock = changed(tmp_path, r"^click==\S+", "click==8.0.1")
    said = disagreements(lock)
    assert any(one.startswith("click==8.0.1, and ==") and "constraints" in one for one in said)
    assert "click==8.0.1, and >=8.1 in pyproject.toml" in said


def test_a_missing_package_is_named(tmp_path):
    lock = changed(tmp_path, r"^numpy==\S+ \\\n(    --hash=\S+( \\)?\n)+", "")
    assert disagreements(lock) == ["numpy is missing"]


def test_a_package_without_a_hash_is_named(tmp_path):
    lock = changed(tmp_path, r"^(scipy==\S+) \\\n(    --hash=\S+( \\)?\n)+", r"\1\n")
    assert disagreements(lock) == ["scipy has no hash"]

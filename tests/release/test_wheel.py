"""The wheel holds all it needs and nothing else, and works where there is no source."""

import zipfile

import pytest

from release.wheel import built, installed, missing_data, smoke, strangers


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return built(tmp_path_factory.mktemp("wheel"))


def test_it_holds_the_package_with_its_data_and_nothing_else(wheel, tmp_path):
    assert missing_data(wheel) == []
    assert strangers(wheel) == []
    poorer = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(poorer, "w") as some:
        for name in whole.namelist():
            if not name.endswith(".po"):
                some.writestr(name, whole.read(name))
        some.writestr("tests/test_x.py", "")
    assert "audit/report/locale/ja/LC_MESSAGES/report.po" in missing_data(poorer)
    assert strangers(poorer) == ["tests/test_x.py"]


def test_it_works_from_another_folder(wheel, tmp_path):
    commands = installed(wheel, tmp_path / "environment")
    (tmp_path / "elsewhere").mkdir()
    assert smoke(commands, tmp_path / "elsewhere") == []

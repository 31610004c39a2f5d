"""Help, completion and unknown commands."""

import pytest

from audit.cli.main import COMMANDS


def test_help_lists_every_command_without_importing_a_model_library(audit):
    done = audit("--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert done.code == 0
    assert all(name in done.out for name in COMMANDS)
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.err.splitlines()}
    assert "click" in imported
    assert not imported & {"torch", "transformers", "numpy", "pydantic", "ruamel.yaml", "rich"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_every_option_a_sentence(audit, name):
    done = audit(name, "--help")
    assert done.code == 0
    assert "Traceback" not in done.err
    assert COMMANDS[name][1]


def test_an_unknown_command_gets_a_suggestion(audit):
    done = audit("rnu")
    assert done.code == 2
    assert "Did you mean 'run'?" in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_program(audit, shell):
    done = audit("completion", shell)
    assert done.code == 0
    assert "_AUDIT_COMPLETE" in done.out

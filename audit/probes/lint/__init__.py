"""Lint: what weakens a probe set, or would shame it, before anything is sent."""

from audit.probes.lint.files import lint_files, probe_files
from audit.probes.lint.finding import CHECKS, LintFinding
from audit.probes.lint.guidance import guidance_for, guidance_languages
from audit.probes.lint.linted import LintedFile

__all__ = [
    "CHECKS",
    "LintFinding",
    "LintedFile",
    "guidance_for",
    "guidance_languages",
    "lint_files",
    "probe_files",
]

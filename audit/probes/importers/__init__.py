"""One importer for published sets and any table: presets say what the columns of a format mean."""

from audit.probes.importers.importing import ImportOptions, import_probes, known_formats
from audit.probes.importers.reporting import ImportReport
from audit.probes.importers.sources import SourceOptions

__all__ = ["ImportOptions", "ImportReport", "SourceOptions", "import_probes", "known_formats"]

"""The run log: an append-only journal from which everything to its right is computed.

One JSON object a line. Every line opens with the CRC-32 of the rest of the line, a batch is
fsynced before the next one starts, and the footer holds a SHA-256 over all lines before it. A line
torn by a crash can only be the last one; it is cut off when the run resumes. Damage anywhere else
is an error, never a shorter result.
"""

from audit.runlog.codec import FILE_NAME, SCHEMA_VERSION, spec_hash, to_json
from audit.runlog.contents import read_header
from audit.runlog.reading import RunLog, read_run
from audit.runlog.writing import RunLogWriter

__all__ = [
    "FILE_NAME",
    "SCHEMA_VERSION",
    "RunLog",
    "RunLogWriter",
    "read_header",
    "read_run",
    "spec_hash",
    "to_json",
]

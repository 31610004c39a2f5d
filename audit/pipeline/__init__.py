"""Joins the stages: the only room that knows them all.

Left of the run log a run costs model time; right of it everything is computed from the log alone,
so that :func:`report_run` gives the same results as :func:`run_audit` did.
"""

from audit.pipeline.conclude import Conclusions, conclude
from audit.pipeline.run import (
    RunResult,
    merge_runs,
    report_run,
    run_audit,
    run_shard,
    write_index,
)
from audit.pipeline.run_options import RunOptions
from audit.pipeline.shards import Shard
from audit.pipeline.translate import write_translation

__all__ = [
    "Conclusions",
    "RunOptions",
    "RunResult",
    "Shard",
    "conclude",
    "merge_runs",
    "report_run",
    "run_audit",
    "run_shard",
    "write_index",
    "write_translation",
]

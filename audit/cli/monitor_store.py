"""The store that commands of ``audit monitor`` are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli.options import option, require

if TYPE_CHECKING:
    from audit.store import Store

STORE = option("--store", metavar="STORE", default="audit.db", show_default=True,
               help="Where decisions are: a file, or a postgresql:// URL.")  # fmt: skip
TIMEOUT = 120.0


@contextmanager
def opened(where: str, *, create: bool = False) -> Iterator[Store]:
    """Open a store; one that does not exist only where that makes sense."""
    require("store", "sqlalchemy", "alembic", "cryptography")
    if not create and "://" not in where and not Path(where).is_file():
        raise click.UsageError(f"there is no store {where}; `audit monitor set` makes one")
    from audit.store import open_store

    with open_store(where, timeout=TIMEOUT) as store:
        yield store

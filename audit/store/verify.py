"""Verify a store: every row still hashes to what was written, and hangs on the row before."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from audit.store.chain import FIRST, row_hash
from audit.store.store import Store
from audit.store.tables import CHAINS, TABLES

_PAGE = 1000
_MOST_FINDINGS = 20


@dataclass(frozen=True)
class StoreVerification:
    """What was found, and the last hash of each chain.

    ``heads`` maps a chain to its number of rows and last hash. Whoever can rewrite the whole
    database can rewrite every hash after an edit; a head kept elsewhere shows that too, and shows
    rows that were cut off at the end.
    """

    findings: list[str] = field(default_factory=list)
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify_store(
    store: Store, *, heads: dict[str, tuple[int, str]] | None = None
) -> StoreVerification:
    """Check every chain of a store.

    Parameters
    ----------
    store : Store
        Open.
    heads : mapping of chain to (rows, hash), optional
        Kept from an earlier verification; each must still be a row of its chain.

    Returns
    -------
    StoreVerification

    Raises
    ------
    StoreError
        If the database cannot be read.
    """
    found = StoreVerification()
    with store.reading() as connection:
        for name in CHAINS:
            kept = (heads or {}).get(name)
            found.heads[name] = _walk(connection, name, kept, found.findings)
    return found


def _walk(
    connection: Connection, name: str, kept: tuple[int, str] | None, findings: list[str]
) -> tuple[int, str]:
    """Walk a chain from its first row and note what does not hold."""
    table = TABLES[name]
    seq, previous, problems = 0, FIRST, 0
    met = kept is None or kept[0] == 0
    while True:
        query = select(table).where(table.c.seq > seq).order_by(table.c.seq).limit(_PAGE)
        rows = [dict(row) for row in connection.execute(query).mappings()]
        for row in rows:
            said = []
            if row["seq"] != seq + 1:
                said.append(f"{name}: rows {seq + 1} to {row['seq'] - 1} are missing")
            elif row["previous"] != previous:
                said.append(f"{name} row {row['seq']}: it does not hang on the row before")
            if row_hash(row) != row["sha256"]:
                said.append(f"{name} row {row['seq']}: it was edited")
            problems += len(said)
            if problems <= _MOST_FINDINGS:
                findings.extend(said)
            seq, previous = row["seq"], row["sha256"]
            if kept is not None and seq == kept[0]:
                met = previous == kept[1]
        if len(rows) < _PAGE:
            break
    if problems > _MOST_FINDINGS:
        findings.append(f"{name}: {problems - _MOST_FINDINGS} further problems")
    if not met and kept is not None:
        findings.append(f"{name}: row {kept[0]} is not the one that was kept as its head")
    return seq, previous

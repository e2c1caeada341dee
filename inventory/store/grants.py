"""What the role that serves may do on PostgreSQL: append to the record, never own or rewrite it.

Rules kept here:

- The tables belong to the owner role, which migrates and does not serve.
- The plain role reads and inserts everywhere, and changes or deletes only outside `APPEND_ONLY`.
- A role that could grant itself more (superuser, owner, member of the owner) does not serve.
"""

from __future__ import annotations

from typing import Any, Final

APPEND_ONLY: Final = (
    "open_entry",
    "vault_entry",
    "open_subject",
    "vault_subject",
    "tile",
    "checkpoint",
    "idempotency",
    "refusal",
    "attachment",
)
_BOOKKEEPING: Final = ("migration",)  # Piccolo's own; the plain role reads it to tell whether it is current

_POWERS: Final = """
SELECT r.rolname::text AS role,
       r.rolsuper AS superuser,
       (SELECT min(c.relname) FROM pg_class c
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace = ANY (current_schemas(false)::regnamespace[])
           AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owned,
       (SELECT min(c.relname) FROM pg_class c
         WHERE c.relname = ANY ($1) AND c.relnamespace = ANY (current_schemas(false)::regnamespace[])
           AND (has_table_privilege(c.oid, 'DELETE, TRUNCATE') OR has_any_column_privilege(c.oid, 'UPDATE')))
       AS rewritable
  FROM pg_roles r WHERE r.rolname = current_user
"""
_SERVING: Final = """
SELECT rolname::text AS role, rolsuper AS superuser, pg_has_role(current_user, $1::name, 'MEMBER') AS owner
  FROM pg_roles WHERE rolname = current_user
"""
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_QUOTED: Final = "SELECT quote_ident($1)"


class PowerfulRole(PermissionError):  # noqa: N818 - named for what happened, as every refusal is
    """A database role that could rewrite what it is meant only to append to."""

    def __init__(self, role: str, power: str) -> None:
        super().__init__(
            f"The database role {role} {power}, so a server under it could rewrite the record: it was not "
            "started. Serve as a plain role, and keep the owner for CELLCUSTODY_DATABASE_OWNER_URL."
        )


async def refuse_powerful_role(connection: Any) -> None:
    """Refuse to serve as the role of this asyncpg connection when it could rewrite the record.

    Raises:
        PowerfulRole: it is superuser, owns a table or may become its owner, or may change an append-only one.
    """
    powers = await connection.fetchrow(_POWERS, list(APPEND_ONLY))
    if powers["superuser"]:
        raise PowerfulRole(powers["role"], "is superuser")
    if powers["owned"]:
        raise PowerfulRole(powers["role"], f"owns the table {powers['owned']} or may act as its owner")
    if powers["rewritable"]:
        raise PowerfulRole(powers["role"], f"may change the append-only table {powers['rewritable']}")


async def serving_role(connection: Any, owner: str) -> str:
    """Return the role of the connection that will serve, which need not have any right yet.

    Raises:
        PowerfulRole: it is superuser, or is the role `owner`, or may become it.
    """
    found = await connection.fetchrow(_SERVING, owner)
    if found["superuser"]:
        raise PowerfulRole(found["role"], "is superuser")
    if found["owner"]:
        raise PowerfulRole(found["role"], f"is, or may act as, the owner {owner}")
    return str(found["role"])


async def grant_to(role: str, owner: Any) -> None:
    """Give `role` exactly its rights on every table, over the owner's asyncpg connection; may be repeated."""
    quoted = await owner.fetchval(_QUOTED, role)
    await owner.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
    for row in await owner.fetch(_TABLES):
        table = await owner.fetchval(_QUOTED, row["tablename"])
        await owner.execute(f"REVOKE ALL ON {table} FROM {quoted}")
        await owner.execute(f"GRANT {_rights(row['tablename'])} ON {table} TO {quoted}")


def _rights(table: str) -> str:
    """Return the rights of the plain role on one table."""
    if table in _BOOKKEEPING:
        return "SELECT"
    return "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"

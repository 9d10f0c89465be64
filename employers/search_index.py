"""The index behind vacancy search: FTS5 on SQLite, a stored ``tsvector`` with GIN on PostgreSQL.

Both hold ``Vacancy.search_text`` (see ``core.search.bigrams``) and are kept in step by the
database itself, whoever writes the row. The tokens never pass through a language's parser: the
ASCII tokenizer takes every other character as part of a word, and PostgreSQL gets an array.
"""

from __future__ import annotations

from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

_TABLE: Final = "employers_vacancy"

_SQLITE_TABLE: Final = f"""
CREATE VIRTUAL TABLE IF NOT EXISTS vacancy_search USING fts5(
    search_text, content='{_TABLE}', content_rowid='id', tokenize="ascii tokenchars '+#.|'"
)
"""
_FORGET: Final = (
    "INSERT INTO vacancy_search(vacancy_search, rowid, search_text) "
    "VALUES ('delete', old.id, old.search_text);"
)
_LEARN: Final = "INSERT INTO vacancy_search(rowid, search_text) VALUES (new.id, new.search_text);"
_SQLITE_TRIGGERS: Final = {
    "vacancy_search_insert": f"AFTER INSERT ON {_TABLE} BEGIN {_LEARN} END",
    "vacancy_search_delete": f"AFTER DELETE ON {_TABLE} BEGIN {_FORGET} END",
    "vacancy_search_update": (
        f"AFTER UPDATE OF search_text ON {_TABLE} "
        f"WHEN old.search_text IS NOT new.search_text BEGIN {_FORGET} {_LEARN} END"
    ),
}
_VECTOR: Final = "array_to_tsvector(array_remove(string_to_array(search_text, ' '), ''))"
_COLUMN: Final = f"search_vector tsvector GENERATED ALWAYS AS ({_VECTOR}) STORED"
_POSTGRES: Final = (
    f"ALTER TABLE {_TABLE} ADD COLUMN IF NOT EXISTS {_COLUMN}",
    f"CREATE INDEX IF NOT EXISTS vacancy_search_gin ON {_TABLE} USING gin (search_vector)",
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Create what is missing of the index; safe to call again.

    On SQLite a migration that alters the vacancy table builds it anew and so drops its triggers;
    they are put back, and the index is built from the rows as they are.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in _POSTGRES:
                cursor.execute(statement)
            return
        cursor.execute(_SQLITE_TABLE)
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {name for (name,) in cursor.fetchall()}
        absent = [name for name in _SQLITE_TRIGGERS if name not in present]
        for name in absent:
            cursor.execute(f"CREATE TRIGGER {name} {_SQLITE_TRIGGERS[name]}")
        if absent:
            cursor.execute("INSERT INTO vacancy_search(vacancy_search) VALUES ('rebuild')")


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the index away again."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {_TABLE} DROP COLUMN IF EXISTS search_vector")
            return
        for name in _SQLITE_TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute("DROP TABLE IF EXISTS vacancy_search")

"""What a migration must not do to tables that are large and in use: find it in its text."""

import re
from collections.abc import Iterator

# Spots, and the sums that are written with each of them. A partition's name begins with its table's.
BUSY = r"(?:public\.)?(?:spot_rows|spots_(?:human|machine)\w*|hours|dxcc_hours|calls)\b"
OUTSIDE = "-- outside a transaction"
# With these as default every row would be written anew.
STABLE = r"(?:now\(\)|current_timestamp|current_date|transaction_timestamp\(\))"

_TABLE = rf'(?:if exists )?(?:only )?"?{BUSY}'
_REFUSED = [
    (
        rf"^create (?:unique )?index (?!concurrently\b)(?:if not exists )?\w+ on {BUSY}",
        "an index is built CONCURRENTLY",
    ),
    (rf"^create (?:unique )?index on {BUSY}", "an index is built CONCURRENTLY, with a name"),
    (r"^reindex (?!.*\bconcurrently\b)", "REINDEX is CONCURRENTLY"),
    (r"^(?:cluster|vacuum full|vacuum \(.*\bfull\b)", "a table is not written anew"),
    (rf"^lock (?:table )?{_TABLE}", "no lock is taken for a whole migration"),
    (rf"^(?:update|delete from) (?:only )?{BUSY}", "rows are changed by a job, in parts"),
    (rf"^insert into {BUSY}", "rows are added by a job, in parts"),
    (rf"^truncate .*{BUSY}", "a busy table is not emptied"),
    (rf"^drop table .*{BUSY}", "months are dropped by spotkeeper keep"),
    (rf"^create (?:constraint )?trigger .* on {BUSY}", "no trigger in the way of each spot"),
    (
        r"^(?:create|refresh) materialized view (?!concurrently)(?!.*with no data)",
        "no query as long as the tables",
    ),
    (rf"^create table .*\bas\b.*\bfrom {BUSY}", "no query as long as the tables"),
]
_REFUSED_IN_ALTER = [
    (r"\bset not null\b", "SET NOT NULL reads every row: add a CHECK NOT VALID and VALIDATE it by itself"),
    (r"\balter (?:column )?\w+ (?:set data )?type\b", "a type is not changed: add a column"),
    (r"\bset (?:logged|unlogged|tablespace|access method)\b", "a table is not written anew"),
    (r"\badd (?:column )?(?!constraint\b).*\b(?:generated|serial|bigserial|unique|primary key|references)\b",
     "a column with this has every row read or written"),
    (r"\badd (?:constraint \w+ )?(?:unique|primary key|exclude)\b(?!.*\busing index\b)",
     "a constraint is made USING INDEX of one that was built CONCURRENTLY"),
    (r"\badd (?:constraint \w+ )?(?:check|foreign key)\b(?!.*\bnot valid\b)",
     "a constraint is added NOT VALID"),
    (r"\bdetach partition\b(?!.*\b(?:concurrently|finalize)\b)", "a partition is detached CONCURRENTLY"),
    (r"\bdisable trigger\b|\benable trigger\b", "no trigger in the way of each spot"),
]  # fmt: skip
_DEFAULT = re.compile(r"\badd (?:column )?(?!constraint\b).*?\bdefault (.*?)(?=, (?:add|alter|drop)\b|$)")
# What may run again where it was done before.
_REPEATABLE = re.compile(
    r"^(?:create (?:unique )?index (?:concurrently )?if not exists|drop index (?:concurrently )?if exists"
    r"|alter table .* (?:validate constraint|attach partition)|alter index .* attach partition"
    r"|create table if not exists"
    r"|alter table .* (?:add column if not exists|drop column if exists|drop constraint if exists)"
    r"|comment on|grant|revoke|analyze|reindex .*concurrently|set|select)\b"
)


def complaints(text: str) -> list[str]:
    """Each thing that a migration must not do, with the statement; none for one that holds up no spot."""
    outside = text.startswith(f"{OUTSIDE}\n")
    return [f"{why}: {statement}" for statement in _statements(text) for why in _about(statement, outside)]


def _about(statement: str, outside: bool) -> Iterator[str]:
    concurrently = re.search(r"\bconcurrently\b", statement)
    if concurrently and not outside:
        yield f"CONCURRENTLY needs a file that begins with {OUTSIDE!r}"
    if outside and not _REPEATABLE.match(statement):
        yield "outside a transaction each statement must do nothing where it was done before"
    yield from (why for pattern, why in _REFUSED if re.search(pattern, statement))
    if re.match(rf"^alter table {_TABLE}", statement):
        yield from (why for pattern, why in _REFUSED_IN_ALTER if re.search(pattern, statement))
        for value in _DEFAULT.findall(statement):
            if "(" in value and not re.fullmatch(rf"{STABLE}(?: not null)?", value):
                yield "a default that is computed for each row has every row written anew"


def _statements(text: str) -> Iterator[str]:
    """In small letters with single spaces, without comments, and without what functions do later."""
    text = re.sub(r"--[^\n]*", "", text)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    # The statements of a DO block run at once.
    text = re.sub(
        r"\bDO\s+(?:LANGUAGE\s+\w+\s+)?\$(\w*)\$\s*(?:DECLARE.*?)?BEGIN(.*?)END;?\s*\$\1\$",
        r"\2;",
        text,
        flags=re.DOTALL | re.IGNORECASE,
    )
    text = re.sub(r"\$(\w*)\$.*?\$\1\$", "''", text, flags=re.DOTALL)
    for statement in re.split(r";|\\gexec", text):
        flat = " ".join(statement.lower().split())
        # Of a query whose answers are statements, those count.
        if made := re.match(r"select format\( ?'((?:[^']|'')*)'", flat):
            flat = made[1].replace("''", "'").replace("%i", "name").replace("%s", "spot_rows")
        if flat:
            yield flat

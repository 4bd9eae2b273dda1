"""The ledger's tables, and how a ledger of an older stancelab gets them.

``revisions``, ``assignments``, ``migrations`` and ``pulls`` only grow. ``watermarks`` and ``pushed_tasks`` say how far
we are with a server, and may be made again from it.
"""

from datetime import UTC, datetime

import sqlalchemy as sa

from corpus.errors import StanceError

# 2: arms, kinds and items; assignments; label sets and their migrations. 1 had no table of formats.
FORMAT = 2

metadata = sa.MetaData()
_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_moment = sa.DateTime(timezone=True)

formats = sa.Table("formats", metadata, sa.Column("version", sa.Integer, primary_key=True), sa.Column("at", _moment))

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("seq", _number, primary_key=True, autoincrement=True),
    sa.Column("server", sa.String, nullable=False),
    sa.Column("annotation_id", sa.String, nullable=False),
    sa.Column("question", sa.String, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("project", sa.String),
    sa.Column("task", sa.String),
    sa.Column("sentence_id", sa.String, nullable=False),
    sa.Column("annotator", sa.String, nullable=False),
    sa.Column("label", sa.String),
    sa.Column("skip_reason", sa.String),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("created_at", _moment),
    sa.Column("updated_at", _moment),
    sa.Column("lead_time_s", sa.Float),
    sa.Column("labels_version", sa.String),
    sa.Column("suggestion", sa.Boolean, nullable=False),
    sa.Column("recorded_at", _moment, nullable=False),
    sa.Column("item", sa.String),
    sa.Column("kind", sa.String, nullable=False, server_default="normal"),
    sa.Column("cue", sa.Boolean),
    sa.Column("notes", sa.String),
    sa.UniqueConstraint("server", "annotation_id", "question", "revision"),
    sa.Index("revisions_by_task", "server", "project", "task"),
    sa.Index("revisions_by_sentence", "sentence_id"),
)

watermarks = sa.Table(
    "watermarks",
    metadata,
    sa.Column("server", sa.String, primary_key=True),
    sa.Column("project", sa.String, primary_key=True),
    sa.Column("batch", sa.String, nullable=False),
    sa.Column("labels_version", sa.String, nullable=False),
    sa.Column("updated_at", _moment),
    sa.Column("role", sa.String, nullable=False, server_default="pool"),
    sa.Column("annotator", sa.String),
    sa.Column("apart", sa.Integer, nullable=False, server_default="0"),
)

pushed_tasks = sa.Table(
    "pushed_tasks",
    metadata,
    sa.Column("server", sa.String, primary_key=True),
    sa.Column("project", sa.String, primary_key=True),
    sa.Column("task", _number, primary_key=True),
    sa.Column("sentence_id", sa.String, nullable=False),
    sa.Column("item", sa.String),
)

assignments = sa.Table(
    "assignments",
    metadata,
    sa.Column("seq", _number, primary_key=True, autoincrement=True),
    sa.Column("server", sa.String, nullable=False),
    sa.Column("project", sa.String, nullable=False),
    sa.Column("item", sa.String, nullable=False),
    sa.Column("batch", sa.String, nullable=False),
    sa.Column("annotator", sa.String, nullable=False),
    sa.Column("sentence_id", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("cue", sa.Boolean, nullable=False),
    sa.Column("suggestion", sa.Boolean, nullable=False),
    sa.Column("known", sa.String),
    sa.Column("seed", _number, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("at", _moment, nullable=False),
    sa.Index("assignments_by_item", "server", "project", "item"),
)

# How a label of one version of the label set reads in another: ``label`` NULL stands for "to be labelled again", and
# ``old`` empty for a whole question that is not asked any more.
migrations = sa.Table(
    "migrations",
    metadata,
    sa.Column("seq", _number, primary_key=True, autoincrement=True),
    sa.Column("from_version", sa.String, nullable=False),
    sa.Column("to_version", sa.String, nullable=False),
    sa.Column("question", sa.String, nullable=False),
    sa.Column("old", sa.String, nullable=False),
    sa.Column("label", sa.String),
    sa.Column("at", _moment, nullable=False),
)

# The labels of each version that was pushed, or imported under: JSON {question: [label]}.
label_sets = sa.Table(
    "label_sets",
    metadata,
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("questions", sa.String, nullable=False),
    sa.Column("at", _moment, nullable=False),
)

# When each pull began, by our clock and by the server's: a clock that went backwards shows here.
pulls = sa.Table(
    "pulls",
    metadata,
    sa.Column("seq", _number, primary_key=True, autoincrement=True),
    sa.Column("server", sa.String, nullable=False),
    sa.Column("at", _moment, nullable=False),
    sa.Column("server_at", _moment, nullable=False),
    sa.Index("pulls_by_server", "server"),
)


def current(connection: sa.Connection, where: str) -> bool:
    """Whether the ledger has today's tables.

    Raises
    ------
    StanceError
        A newer stancelab made it.
    """
    if not sa.inspect(connection).has_table(formats.name):
        return False
    version = connection.execute(sa.select(sa.func.max(formats.c.version))).scalar()
    if version is not None and version > FORMAT:
        raise StanceError(
            f"the ledger {where} is of format {version}, and this stancelab knows formats up to {FORMAT}: update it"
        )
    return version == FORMAT


def upgrade(connection: sa.Connection) -> None:
    """Make the tables that are missing, and add to older ones the columns that came later; no row is changed."""
    inspector = sa.inspect(connection)
    older = {table for table in (revisions, watermarks) if inspector.has_table(table.name)}
    for table in older:
        there = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                spec = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN {spec}"))
        for index in table.indexes:
            index.create(connection, checkfirst=True)
    if watermarks in older:
        # In format 1 a watermark was the newest change seen, and labels committed late could still come before it.
        connection.execute(sa.update(watermarks).values(updated_at=None))
    metadata.create_all(connection)
    if connection.execute(sa.select(sa.func.max(formats.c.version))).scalar() != FORMAT:
        connection.execute(sa.insert(formats).values(version=FORMAT, at=datetime.now(UTC)))

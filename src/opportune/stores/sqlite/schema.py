"""The tables of the SQLite store, as statements that lead from each version to the next."""

SCHEMA: tuple[tuple[str, ...], ...] = (
    (  # 1: the newest revisions, apart from the older ones: every common read needs only these
        """CREATE TABLE session (
            id TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL,
            body TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX session_newest ON session (updated_ms DESC, id) WHERE deleted = 0",
        """CREATE TABLE opportunity (
            id TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL,
            session_id TEXT NOT NULL,
            deleted INTEGER NOT NULL,
            status TEXT NOT NULL,
            priority INTEGER NOT NULL,
            arr_cents INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL,
            ttl INTEGER,
            search TEXT NOT NULL,
            body TEXT NOT NULL
        ) STRICT""",
        """CREATE INDEX opportunity_list
            ON opportunity (session_id, priority, arr_cents DESC, id)""",
        # The filters stand in both orders' indexes: a find touches only the rows it returns.
        """CREATE INDEX opportunity_newest
            ON opportunity (updated_ms DESC, id, status, priority, arr_cents, ttl)
            WHERE deleted = 0""",
        """CREATE INDEX opportunity_arr
            ON opportunity (arr_cents DESC, id, status, priority, ttl)
            WHERE deleted = 0""",
        """CREATE INDEX opportunity_mortal ON opportunity (updated_ms)
            WHERE deleted = 1 OR ttl IS NOT NULL""",
        """CREATE TABLE opportunity_past (
            id TEXT NOT NULL REFERENCES opportunity (id) ON DELETE CASCADE,
            version INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (id, version)
        ) STRICT""",
        "CREATE INDEX opportunity_past_age ON opportunity_past (updated_ms)",
        """CREATE TABLE template (
            id TEXT NOT NULL,
            version INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (id, version)
        ) STRICT""",
    ),
    (  # 2: what store migrations need
        """CREATE TABLE note (
            key TEXT NOT NULL PRIMARY KEY,
            session_id TEXT NOT NULL,
            opportunity_ids TEXT NOT NULL,
            template_id TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX note_session ON note (session_id)",
        """CREATE TABLE migration (
            number INTEGER NOT NULL PRIMARY KEY CHECK (number = 1),
            stage_number INTEGER NOT NULL,
            body TEXT NOT NULL
        ) STRICT""",
    ),
    (  # 3: rows with numbers that last, and an index of columns over them
        """CREATE TABLE newest_opportunity (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            version INTEGER NOT NULL,
            session_id TEXT NOT NULL,
            deleted INTEGER NOT NULL,
            status TEXT NOT NULL,
            priority INTEGER NOT NULL,
            arr_cents INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL,
            ttl INTEGER,
            search TEXT NOT NULL,
            body TEXT NOT NULL
        ) STRICT""",
        """INSERT INTO newest_opportunity SELECT NULL, id, version, session_id, deleted, status,
            priority, arr_cents, updated_ms, ttl, search, body FROM opportunity""",
        """CREATE TABLE older_opportunity (
            id TEXT NOT NULL REFERENCES newest_opportunity (id) ON DELETE CASCADE,
            version INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (id, version)
        ) STRICT""",
        """INSERT INTO older_opportunity
            SELECT id, version, updated_ms, body FROM opportunity_past""",
        "DROP TABLE opportunity_past",
        "DROP TABLE opportunity",
        "ALTER TABLE newest_opportunity RENAME TO opportunity",
        "ALTER TABLE older_opportunity RENAME TO opportunity_past",
        """CREATE INDEX opportunity_list
            ON opportunity (session_id, priority, arr_cents DESC, id)""",
        """CREATE INDEX opportunity_newest ON opportunity (updated_ms DESC, id)
            WHERE deleted = 0""",
        "CREATE INDEX opportunity_arr ON opportunity (arr_cents DESC, id) WHERE deleted = 0",
        # What sweeping looks for: the deleted by their age, and whose time comes first.
        "CREATE INDEX opportunity_deleted ON opportunity (updated_ms) WHERE deleted = 1",
        """CREATE INDEX opportunity_mortal ON opportunity (ttl, updated_ms)
            WHERE deleted = 0 AND ttl IS NOT NULL""",
        "CREATE INDEX opportunity_past_age ON opportunity_past (updated_ms)",
        # Numbers of rows that are gone, for the next new ones: columns do not grow for ever.
        "CREATE TABLE free_number (number INTEGER PRIMARY KEY) STRICT",
        # key: the column's number * 2^32 + the segment's; stamp: of the write that changed it.
        """CREATE TABLE part (
            key INTEGER PRIMARY KEY,
            stamp INTEGER NOT NULL,
            data BLOB NOT NULL
        ) STRICT""",
        "CREATE INDEX part_stamp ON part (stamp)",
        """CREATE TABLE entry (
            code INTEGER PRIMARY KEY,
            kind INTEGER NOT NULL,
            uses INTEGER NOT NULL,
            digest BLOB NOT NULL UNIQUE,
            name TEXT NOT NULL,
            search TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX entry_name ON entry (kind, search) WHERE kind < 12",
        """CREATE VIRTUAL TABLE entry_search
            USING fts5 (search, content = 'entry', content_rowid = 'code', tokenize = 'trigram')""",
    ),
)
"""`PRAGMA user_version` counts them. What is released is never edited."""

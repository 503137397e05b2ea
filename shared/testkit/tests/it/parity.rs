//! The schemas of both stores are the same: the statements of one read as those of the other.

mod postgres {
    use std::collections::BTreeSet;

    use postrider_testkit::databases::{Database, PostgresDatabase, SqliteDatabase};

    /// A schema as sentences, so that a difference can be read.
    type Schema = BTreeSet<String>;

    #[tokio::test]
    async fn both_stores_have_the_same_tables_columns_keys_and_indexes() {
        let postgres = schema_of_postgres(&PostgresDatabase::create().await).await;
        let sqlite = SqliteDatabase::create().await;
        sqlite.inbox().await;
        let sqlite = schema_of_sqlite(&sqlite).await;
        let only = |one: &Schema, other: &Schema| -> Vec<String> {
            one.difference(other).cloned().collect()
        };
        assert!(postgres.iter().any(|sentence| sentence == "deliveries.due_at: INTEGER NULL"));
        assert!(postgres.iter().any(|sentence| sentence == "inbox_items.due_at: INTEGER NULL"));
        assert_eq!(only(&postgres, &sqlite), [] as [String; 0], "only on Postgres");
        assert_eq!(only(&sqlite, &postgres), [] as [String; 0], "only on SQLite");
    }

    /// Without the partitions of tables, which come and go with time, and with the types that SQLite
    /// keeps each type as. What is in the schema of the inbox has its name before its own.
    async fn schema_of_postgres(database: &PostgresDatabase) -> Schema {
        let sentences = sqlx::query_scalar(
            "
            WITH tables AS (
                SELECT
                    oid,
                    CASE relnamespace WHEN 'inbox'::regnamespace THEN 'inbox_' ELSE '' END || relname
                        AS relname
                FROM pg_class
                WHERE relnamespace IN ('public'::regnamespace, 'inbox'::regnamespace)
                    AND relkind IN ('r', 'p')
                    AND NOT relispartition AND relname <> '_sqlx_migrations'
            ),
            keys AS (
                SELECT
                    x.*, t.relname,
                    (
                        SELECT string_agg(a.attname, ', ' ORDER BY k.place)
                        FROM unnest(x.indkey) WITH ORDINALITY AS k (attnum, place)
                        JOIN pg_attribute AS a
                            ON a.attrelid = x.indrelid AND a.attnum = k.attnum
                    ) AS columns
                FROM pg_index AS x
                JOIN tables AS t ON t.oid = x.indrelid
            )
            SELECT
                t.relname || '.' || a.attname || ': '
                || CASE format_type(a.atttypid, a.atttypmod)
                    WHEN 'text' THEN 'TEXT'
                    -- As JSON.
                    WHEN 'text[]' THEN 'TEXT'
                    WHEN 'uuid' THEN 'BLOB'
                    WHEN 'bytea' THEN 'BLOB'
                    WHEN 'boolean' THEN 'INTEGER'
                    WHEN 'smallint' THEN 'INTEGER'
                    WHEN 'integer' THEN 'INTEGER'
                    WHEN 'bigint' THEN 'INTEGER'
                    WHEN 'timestamp with time zone' THEN 'INTEGER'
                    ELSE format_type(a.atttypid, a.atttypmod)
                END
                || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE ' NULL' END
            FROM tables AS t
            JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
                -- What is made of other columns is how this store searches.
                AND a.attgenerated = ''
            UNION ALL
            SELECT
                CASE
                    WHEN k.indisprimary THEN 'primary key '
                    WHEN c.oid IS NOT NULL THEN 'unique key '
                    WHEN k.indisunique THEN 'unique index ' || i.relname || ' '
                    ELSE 'index ' || i.relname || ' '
                END
                || k.relname || ' (' || k.columns || ')'
                || CASE WHEN k.indpred IS NULL THEN '' ELSE ', partial' END
            FROM keys AS k
            JOIN pg_class AS i ON i.oid = k.indexrelid
            LEFT JOIN pg_constraint AS c ON c.conindid = k.indexrelid AND c.contype = 'u'
            UNION ALL
            SELECT
                'foreign key ' || t.relname || '.' || a.attname || ' of ' || f.confrelid::regclass
                || CASE f.confdeltype
                    WHEN 'c' THEN ' CASCADE'
                    WHEN 'n' THEN ' SET NULL'
                    ELSE ' NO ACTION'
                END
            FROM pg_constraint AS f
            JOIN tables AS t ON t.oid = f.conrelid
            JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = ANY (f.conkey)
            WHERE f.contype = 'f'
            ",
        )
        .fetch_all(&mut database.connect().await)
        .await
        .expect("the catalogue can be read");
        sentences.into_iter().collect()
    }

    async fn schema_of_sqlite(database: &SqliteDatabase) -> Schema {
        let sentences = sqlx::query_scalar(
            "
            WITH tables AS (
                SELECT name
                FROM sqlite_schema
                WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                    AND name NOT IN ('_sqlx_migrations', '_sqlx_migrations_inbox')
            )
            SELECT
                t.name || '.' || c.name || ': ' || c.type
                || iif(c.\"notnull\", ' NOT NULL', ' NULL')
            FROM tables AS t
            JOIN pragma_table_info(t.name) AS c
            UNION ALL
            SELECT
                CASE
                    WHEN x.origin = 'pk' THEN 'primary key '
                    WHEN x.origin = 'u' THEN 'unique key '
                    WHEN x.\"unique\" THEN 'unique index ' || x.name || ' '
                    ELSE 'index ' || x.name || ' '
                END
                || t.name || ' (' || (
                    SELECT group_concat(name, ', ')
                    FROM (SELECT name FROM pragma_index_info(x.name) ORDER BY seqno)
                ) || ')'
                || iif(x.partial, ', partial', '')
            FROM tables AS t
            JOIN pragma_index_list(t.name) AS x
            UNION ALL
            SELECT 'foreign key ' || t.name || '.' || f.\"from\" || ' of ' || f.\"table\" || ' ' || f.on_delete
            FROM tables AS t
            JOIN pragma_foreign_key_list(t.name) AS f
            ",
        )
        .fetch_all(&mut database.connect().await)
        .await
        .expect("the schema can be read");
        sentences.into_iter().collect()
    }
}

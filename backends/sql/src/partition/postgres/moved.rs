//! Moves a table over: it becomes the first partition of a new table with its name.
//!
//! 1. A CHECK that all rows are before the first month is added without a scan, and then validated next to writers.
//! 2. The unique index of the new primary key is created next to writers.
//! 3. One short transaction replaces the table. It copies nothing: the CHECK proves the bound.

use genledger_contract::schema::Month;
use genledger_contract::{Error, Result, Violation};

use super::super::table::Table;
use crate::ddl::names;
use crate::ddl::partition::by_range;

/// The suffix of the index that becomes the primary key.
const KEY: &str = "_partition_key";

/// For each index but that of the primary key: its name in SQL, its quoted name, and its definition after the name of
/// the table.
const INDEXES: &str = "SELECT i.oid::regclass::text, quote_ident(i.relname), \
        substr(d.sql, strpos(d.sql, ' USING ')) \
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
    CROSS JOIN LATERAL pg_get_indexdef(i.oid) d (sql) \
    WHERE x.indrelid = to_regclass($1) AND NOT x.indisunique AND x.indisvalid ORDER BY i.relname";

const OTHER_KEYS: &str = "SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
    WHERE x.indrelid = to_regclass($1) AND x.indisunique AND NOT x.indisprimary AND i.relname <> $2";

const TRIGGERS: &str = "SELECT quote_ident(tgname), pg_get_triggerdef(oid) FROM pg_trigger \
    WHERE tgrelid = to_regclass($1) AND NOT tgisinternal ORDER BY tgname";

const PRIMARY_KEY: &str = "SELECT quote_ident(conname) FROM pg_constraint \
    WHERE conrelid = to_regclass($1) AND contype = 'p'";

/// The CHECKs of this module: name, quoted name, and whether it is validated.
const BOUNDS: &str = "SELECT conname::text, quote_ident(conname), convalidated::text FROM pg_constraint \
    WHERE conrelid = to_regclass($1) AND contype = 'c' AND starts_with(conname, $2)";

/// Sequences that belong to columns.
const SEQUENCES: &str = "SELECT s.oid::regclass::text, quote_ident(a.attname) FROM pg_depend d \
    JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' \
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass \
        AND d.refobjid = to_regclass($1) AND d.deptype = 'a'";

/// The statements that give a table ($2) the comment, the owner and the privileges of another one ($1).
const PROPERTIES: &str = "SELECT 'COMMENT ON TABLE ' || $2 || ' IS ' || quote_literal(comment) \
        FROM obj_description(to_regclass($1), 'pg_class') comment WHERE comment IS NOT NULL \
    UNION ALL SELECT 'ALTER TABLE ' || $2 || ' OWNER TO ' || quote_ident(pg_get_userbyid(relowner)) \
        FROM pg_class WHERE oid = to_regclass($1) AND pg_get_userbyid(relowner) <> current_user \
    UNION ALL SELECT 'GRANT ' || a.privilege_type || ' ON TABLE ' || $2 || ' TO ' \
            || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END \
            || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END \
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a \
        WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner";

impl Table<'_> {
    /// Moves the table over; `false` if it has partitions.
    pub(in super::super) async fn postgres_move(&mut self, first: Month) -> Result<bool> {
        match self.postgres_kind().await? {
            Some((kind, _)) if kind == "p" => return Ok(false),
            Some((kind, _)) if kind == "r" => {}
            _ => return Err(Self::not_partitioned()),
        }
        let (name, key) = (self.name(), format!("{}{KEY}", self.table.name));
        if self.any(OTHER_KEYS, &[&name, &key]).await? {
            let message = "a table with another unique key cannot be partitioned";
            return Err(Error::unsupported(message));
        }
        self.check_bound(first).await?;
        self.create_key().await?;
        self.begin().await?;
        let replaced = self.replace_locked(first).await;
        self.end(replaced).await
    }

    async fn replace_locked(&mut self, first: Month) -> Result<bool> {
        let name = self.name();
        self.run(&format!("LOCK TABLE ONLY {name} IN ACCESS EXCLUSIVE MODE"))
            .await?;
        // Another process may have been faster.
        match self.postgres_kind().await? {
            Some((kind, schema)) if kind == "r" => self.replace(&schema, Some(first)).await?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Partitions a table without rows; inside of a transaction.
    pub(in super::super) async fn postgres_partition_if_empty(&mut self) -> Result<bool> {
        let Some((kind, schema)) = self.postgres_kind().await? else {
            return Ok(false);
        };
        let name = self.name();
        if kind != "r" || self.has_rows().await? {
            return Ok(false);
        }
        self.run(&format!("LOCK TABLE ONLY {name} IN ACCESS EXCLUSIVE MODE"))
            .await?;
        if self.has_rows().await? {
            return Ok(false);
        }
        self.replace(&schema, None).await?;
        Ok(true)
    }

    /// The prefix of the names of the CHECKs and of the partition of older rows.
    fn before(&self) -> String {
        format!("{}_before_", self.table.name)
    }

    /// Makes sure that a validated CHECK proves that all rows are before the month.
    async fn check_bound(&mut self, first: Month) -> Result<()> {
        let (name, column) = (self.name(), self.column());
        let bound = self.literal(first.start());
        let wanted = self.quoted(&format!("_before_{first}"));
        let later = format!("SELECT '1' FROM {name} WHERE {column} >= {bound} LIMIT 1");
        let prefix = self.before();
        let (mut exists, mut validated) = (false, false);
        for row in self.texts(3, BOUNDS, &[&name, &prefix]).await? {
            if row[0] == format!("{prefix}{first}") {
                (exists, validated) = (true, row[2] == "true");
            } else {
                // Of a call with another month.
                self.alter(&format!("DROP CONSTRAINT {}", row[1])).await?;
            }
        }
        if validated {
            return Ok(());
        }
        if self.any(&later, &[]).await? {
            return Err(rows_later());
        }
        if !exists {
            self.alter(&format!(
                "ADD CONSTRAINT {wanted} CHECK ({column} < {bound}) NOT VALID"
            ))
            .await?;
        }
        let validated = self.alter(&format!("VALIDATE CONSTRAINT {wanted}")).await;
        match validated {
            Err(_) if self.any(&later, &[]).await? => {
                // Written before the CHECK; without it, such rows are accepted again.
                self.alter(&format!("DROP CONSTRAINT {wanted}")).await?;
                Err(rows_later())
            }
            outcome => outcome,
        }
    }

    /// ALTER TABLE in a transaction of its own, which does not wait long for locks.
    async fn alter(&mut self, change: &str) -> Result<()> {
        let sql = format!("ALTER TABLE {} {change}", self.name());
        self.begin().await?;
        let outcome = self.run(&sql).await;
        self.end(outcome).await
    }

    /// Creates the unique index of the new primary key next to writers.
    async fn create_key(&mut self) -> Result<()> {
        const IS_VALID: &str = "SELECT x.indisvalid::text FROM pg_index x \
            JOIN pg_class i ON i.oid = x.indexrelid \
            WHERE x.indrelid = to_regclass($1) AND i.relname = $2";
        let (name, key) = (self.name(), format!("{}{KEY}", self.table.name));
        let Some((_, schema)) = self.postgres_kind().await? else {
            return Err(Self::not_partitioned());
        };
        let state = self.texts(1, IS_VALID, &[&name, &key]).await?.concat();
        match state.first().map(String::as_str) {
            Some("true") => return Ok(()),
            Some(_) => {
                // Its creation ended early, unless another process holds the lock of it.
                self.begin().await?;
                let lock = format!("LOCK TABLE ONLY {name} IN SHARE UPDATE EXCLUSIVE MODE");
                let locked = self.run(&lock).await;
                self.end(locked).await?;
                let state = self.texts(1, IS_VALID, &[&name, &key]).await?.concat();
                if state.first().is_some_and(|state| state == "true") {
                    return Ok(());
                }
                let drop = format!("DROP INDEX IF EXISTS {schema}.{}", self.quoted(KEY));
                self.begin().await?;
                let dropped = self.run(&drop).await;
                self.end(dropped).await?;
            }
            None => {}
        }
        let columns = names(self.dialect, self.table.primary_key.iter().copied());
        self.run(&format!(
            "CREATE UNIQUE INDEX CONCURRENTLY {} ON {name} ({columns})",
            self.quoted(KEY)
        ))
        .await
    }

    /// Replaces the locked table by one with partitions. It becomes the partition of the rows before a month, or is
    /// dropped.
    async fn replace(&mut self, schema: &str, keep: Option<Month>) -> Result<()> {
        let name = self.name();
        let indexes = self.texts(3, INDEXES, &[&name]).await?;
        let triggers = self.texts(2, TRIGGERS, &[&name]).await?;
        let sequences = self.texts(2, SEQUENCES, &[&name]).await?;
        let suffix = keep.map_or("_unpartitioned".to_owned(), |first| {
            format!("_before_{first}")
        });
        let old = self.quoted(&suffix);
        let (new, old_name) = (
            format!("{schema}.{}", self.quoted("")),
            format!("{schema}.{old}"),
        );
        for trigger in &triggers {
            self.run(&format!("DROP TRIGGER {} ON {name}", trigger[0]))
                .await?;
        }
        for key in self.texts(1, PRIMARY_KEY, &[&name]).await?.concat() {
            self.run(&format!("ALTER TABLE {name} DROP CONSTRAINT {key}"))
                .await?;
        }
        if keep.is_some() {
            let key = self.quoted(&format!("{suffix}_pkey"));
            let index = self.quoted(KEY);
            self.run(&format!(
                "ALTER TABLE {name} ADD CONSTRAINT {key} PRIMARY KEY USING INDEX {index}"
            ))
            .await?;
        }
        self.run(&format!("ALTER TABLE {name} RENAME TO {old}"))
            .await?;
        for (number, index) in indexes.iter().enumerate() {
            let renamed = self.quoted(&format!("{suffix}_{number}"));
            self.run(&format!("ALTER INDEX {} RENAME TO {renamed}", index[0]))
                .await?;
        }
        let by_range = by_range(self.dialect, self.column.name);
        self.run(&format!(
            "CREATE TABLE {new} (LIKE {old_name} INCLUDING ALL EXCLUDING INDEXES) {by_range}"
        ))
        .await?;
        let columns = names(self.dialect, self.table.primary_key.iter().copied());
        self.run(&format!("ALTER TABLE {new} ADD PRIMARY KEY ({columns})"))
            .await?;
        for index in &indexes {
            self.run(&format!("CREATE INDEX {} ON {new}{}", index[1], index[2]))
                .await?;
        }
        for sequence in &sequences {
            let (sequence, column) = (&sequence[0], &sequence[1]);
            self.run(&format!(
                "ALTER SEQUENCE {sequence} OWNED BY {new}.{column}"
            ))
            .await?;
        }
        for property in self
            .texts(1, PROPERTIES, &[&old_name, &new])
            .await?
            .concat()
        {
            self.run(&property).await?;
        }
        match keep {
            None => self.run(&format!("DROP TABLE {old_name}")).await?,
            Some(first) => {
                let bound = self.literal(first.start());
                self.run(&format!("ALTER TABLE {new} DROP CONSTRAINT {old}"))
                    .await?;
                self.run(&format!(
                    "ALTER TABLE {new} ATTACH PARTITION {old_name} FOR VALUES FROM (MINVALUE) TO ({bound})"
                ))
                .await?;
                self.run(&format!("ALTER TABLE {old_name} DROP CONSTRAINT {old}"))
                    .await?;
            }
        }
        self.create_rest(schema).await?;
        for trigger in &triggers {
            self.run(&trigger[1]).await?;
        }
        Ok(())
    }
}

fn rows_later() -> Error {
    let message = "the table has rows of this month or later: choose a later one, or delete them";
    Violation::new("first", "rows_later", message).into()
}

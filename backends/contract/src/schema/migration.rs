//! Migrations as data, which a store runs.

use crate::error::{Error, Result};
use crate::schema::adoption::{Adoption, Finding};
use crate::table::definition::TableDef;

/// Tables that belong together, and the scripts that create and change them. Each set has its own history, so
/// the versions of different sets are independent.
///
/// A set without scripts creates each missing table from its description, in every dialect:
///
/// ```
/// # use genledger_contract::{Entity, MigrationSet};
/// /// A key of the application.
/// #[derive(Clone, Debug, Entity)]
/// #[entity(crate = genledger_contract, table = "api_keys", key(id))]
/// struct ApiKey {
///     /// Its number.
///     id: i64,
///     /// What it is for.
///     #[column(max_chars = 64)]
///     purpose: Option<String>,
/// }
///
/// const KEYS: MigrationSet = MigrationSet::of("my-app", &[ApiKey::TABLE]);
/// ```
///
/// When a description changes, existing tables are changed by scripts that name the table
/// ([`Script::changing`]). In a database without the table it is created from its current description, and
/// such scripts are recorded as not needed:
///
/// ```
/// # use genledger_contract::MigrationSet;
/// # use genledger_contract::schema::Script;
/// const KEYS: MigrationSet = MigrationSet::of("my-app", &[/* ApiKey::TABLE */]).with_scripts(&[
///     Script::new("sqlite", 1, "add_purpose", "ALTER TABLE api_keys ADD COLUMN purpose TEXT")
///         .changing("api_keys"),
///     Script::new("postgres", 1, "add_purpose",
///         "ALTER TABLE api_keys ADD COLUMN purpose varchar(64) COLLATE \"C\"")
///         .changing("api_keys"),
/// ]);
/// assert!(KEYS.is_described());
/// ```
///
/// The tables of a set whose scripts name no table are created by its scripts alone, from the first to the last.
#[derive(Clone, Copy, Debug)]
pub struct MigrationSet {
    /// The name, as recorded in the history: 1 to 64 lower-case letters, digits, `-`, `_` and `.`. The
    /// names of the library's own sets begin with `genledger.`.
    pub name: &'static str,
    /// The tables as they are after the last script; a store without SQL uses only these.
    pub tables: &'static [&'static TableDef],
    /// The scripts of all dialects. Each version has a script for every dialect that the set has scripts for.
    pub scripts: &'static [Script],
    /// How tables that another program created become those of this set, before anything else is done. Tables that
    /// are missing are created as without it.
    pub adoptions: &'static [Adoption],
}

/// One migration script of one dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// The dialect, as in [`Capability::dialect`](crate::store::Capability).
    pub dialect: &'static str,
    /// The version: 1 or more, greater than that of the scripts before it in its set.
    pub version: u32,
    /// What the script does, as in its file name; 1 to 255 characters.
    pub name: &'static str,
    /// The SQL: several statements, except on `MySQL`, where a script is one statement, since each
    /// that changes the schema is committed by itself. An empty text means that there is nothing to do in
    /// this dialect.
    pub sql: &'static str,
    /// The table that it changes, in a set whose tables are created from their descriptions.
    pub changes: Option<&'static str>,
}

impl Script {
    /// A script of a set whose tables are created by its scripts.
    #[must_use]
    pub const fn new(
        dialect: &'static str,
        version: u32,
        name: &'static str,
        sql: &'static str,
    ) -> Self {
        Self {
            dialect,
            version,
            name,
            sql,
            changes: None,
        }
    }

    /// The same script for a set whose tables are created from their descriptions: it changes a table that an
    /// earlier version of the application created.
    #[must_use]
    pub const fn changing(mut self, table: &'static str) -> Self {
        self.changes = Some(table);
        self
    }
}

impl MigrationSet {
    /// A set whose tables are created from their descriptions.
    #[must_use]
    pub const fn of(name: &'static str, tables: &'static [&'static TableDef]) -> Self {
        Self {
            name,
            tables,
            scripts: &[],
            adoptions: &[],
        }
    }

    /// The same set, which also adopts tables of another program. It has the same history.
    #[must_use]
    pub const fn adopting(mut self, adoptions: &'static [Adoption]) -> Self {
        self.adoptions = adoptions;
        self
    }

    /// The same set with scripts.
    #[must_use]
    pub const fn with_scripts(mut self, scripts: &'static [Script]) -> Self {
        self.scripts = scripts;
        self
    }

    /// The tables, each with the name of the set.
    pub fn tables(&self) -> impl Iterator<Item = (&'static str, &'static TableDef)> + use<> {
        let name = self.name;
        self.tables.iter().map(move |table| (name, *table))
    }

    /// Whether tables are created from their descriptions: there are no scripts, or they change tables.
    #[must_use]
    pub const fn is_described(&self) -> bool {
        match self.scripts {
            [] => true,
            [first, ..] => first.changes.is_some(),
        }
    }

    /// The scripts of a dialect by version.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the set has scripts and none of this dialect.
    pub fn scripts_of(&self, dialect: &str) -> Result<Vec<&'static Script>> {
        let mut scripts: Vec<_> = self
            .scripts
            .iter()
            .filter(|script| script.dialect == dialect)
            .collect();
        if scripts.is_empty() && !self.scripts.is_empty() {
            return Err(Error::invalid(format!(
                "the migration set {} has scripts, but none for {dialect}",
                self.name
            )));
        }
        scripts.sort_by_key(|script| script.version);
        Ok(scripts)
    }
}

/// The result of a migration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationReport {
    /// The scripts that were run and the tables that were created from their descriptions, in order, each
    /// after the name of its set: `my-app/api_keys`. Steps of an [`Adoption`] begin with `adopt`:
    /// `my-app/adopt api_keys: indexes`. Empty when there was nothing to do.
    pub applied: Vec<String>,
    /// The number of rows of adopted tables in which this call converted or filled values.
    pub repaired: u64,
    /// The number of rows that adoptions of these sets have set aside, now or earlier.
    pub set_aside_rows: u64,
    /// The first 1,000 of these rows of each table, by id.
    pub set_aside: Vec<Finding>,
    /// The number of values in rows of adopted tables that were changed or are reported, now or earlier.
    pub findings_count: u64,
    /// The first 1,000 of these of each table, by id.
    pub findings: Vec<Finding>,
}

impl MigrationReport {
    /// Adds the report of other sets.
    pub fn extend(&mut self, other: Self) {
        self.applied.extend(other.applied);
        self.repaired = self.repaired.saturating_add(other.repaired);
        self.set_aside_rows = self.set_aside_rows.saturating_add(other.set_aside_rows);
        self.set_aside.extend(other.set_aside);
        self.findings_count = self.findings_count.saturating_add(other.findings_count);
        self.findings.extend(other.findings);
    }
}

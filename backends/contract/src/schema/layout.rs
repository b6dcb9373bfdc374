//! The names and types of the tables of an existing database.

use chrono::{DateTime, Utc};

use crate::entity::column::Column;
use crate::entity::mapping::Entity;
use crate::error::{Error, Result, Violation};
use crate::table::definition::{TableDef, same};
use crate::table::kind::ColumnType;

/// The most bytes of a name that every database accepts.
const MAX_NAME: usize = 63;
/// The most bytes of the name of a partitioned table, whose partitions have longer names.
const MAX_PARTITIONED_NAME: usize = 40;

/// The names, schemas and SQL column types of tables that exist already, where they differ from the library's
/// own choice. A store of a database gets it when it is opened, by its `with_layout`; the in-memory store
/// does not need it.
///
/// The types that a column may have depend on the backend (`docs/guide/adopting.md` lists them); one that it
/// cannot write and read without loss is refused when the store is opened.
///
/// The library does not migrate tables of a layout: they belong to the application that made them.
/// [`Store::verify_schema`](crate::Store::verify_schema) compares them with the layout.
///
/// ```
/// use genledger_contract::Entity;
/// use genledger_contract::schema::Layout;
/// use uuid::Uuid;
///
/// /// A file of a customer.
/// #[derive(Clone, Debug, PartialEq, Entity)]
/// # #[entity(crate = genledger_contract, table = "files", key(id))]
/// # /*
/// #[entity(table = "files", key(id))]
/// # */
/// struct File {
///     /// The key.
///     id: Uuid,
///     /// Its size in bytes.
///     size: i64,
/// }
///
/// // An application on PostgreSQL has them as `assets.uploaded_files (id uuid, size integer)`.
/// let layout = Layout::new()
///     .table::<File>("uploaded_files")
///     .schema::<File>("assets")
///     .column(File::ID, "uuid")
///     .column(File::SIZE, "integer");
/// assert!(!layout.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    placements: Vec<Placement>,
}

/// The name, schema and column types of one table in a [`Layout`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The table as its entity describes it.
    pub table: &'static TableDef,
    /// Its name in the database.
    pub name: &'static str,
    /// Its schema, or its database on `MySQL`; without one that of the connection.
    pub schema: Option<&'static str>,
    /// The positions of columns, and their SQL types.
    pub columns: Vec<(usize, &'static str)>,
    /// The position of the column by whose months of UTC it is partitioned.
    pub partitioned_by: Option<usize>,
}

impl Layout {
    /// A layout in which every table is as the library creates it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            placements: Vec::new(),
        }
    }

    /// Sets the name of the table of `E`.
    #[must_use]
    pub fn table<E: Entity>(mut self, name: &'static str) -> Self {
        self.placement(E::TABLE).name = name;
        self
    }

    /// Sets the schema of the table of `E`; on `MySQL` and `MariaDB` that is a database of the same server.
    #[must_use]
    pub fn schema<E: Entity>(mut self, schema: &'static str) -> Self {
        self.placement(E::TABLE).schema = Some(schema);
        self
    }

    /// Sets the type of a column, as the store's database spells it. It replaces one that the entity declares
    /// by `#[column(sql_type(…))]`.
    #[must_use]
    pub fn column<E: Entity, T, A>(
        mut self,
        column: Column<E, T, A>,
        sql_type: &'static str,
    ) -> Self {
        let columns = &mut self.placement(E::TABLE).columns;
        columns.retain(|(position, _)| *position != column.position());
        columns.push((column.position(), sql_type));
        self
    }

    /// Partitions the table of `E` by the months of a time, in UTC, on a store with such tables
    /// ([`Capability::partitions`](crate::store::Capability)).
    ///
    /// The time becomes part of the primary key: rows with the same key and different times are different rows. So the
    /// key and the time of a row must be fixed together, and the table must be `append_only`, with a key of one column and
    /// no other unique key. Unlike the other settings, this one leaves `migrate` to the library: it partitions a
    /// table that is empty, and [`Partitions`](crate::schema::Partitions) has the verbs for what follows.
    ///
    /// ```
    /// use chrono::{DateTime, Utc};
    /// use genledger_contract::Entity;
    /// use genledger_contract::schema::Layout;
    ///
    /// /// Something that happened.
    /// #[derive(Clone, Debug, PartialEq, Entity)]
    /// # #[entity(crate = genledger_contract, table = "events", key(id), append_only, index(happened_at))]
    /// # /*
    /// #[entity(table = "events", key(id), append_only, index(happened_at))]
    /// # */
    /// struct Event {
    ///     /// The key.
    ///     id: i64,
    ///     /// When it happened.
    ///     #[column(time = "unix_seconds")]
    ///     happened_at: DateTime<Utc>,
    /// }
    ///
    /// let layout = Layout::new().partitioned(Event::HAPPENED_AT);
    /// layout.check()?;
    /// # Ok::<(), genledger_contract::Error>(())
    /// ```
    #[must_use]
    pub fn partitioned<E: Entity, A>(mut self, time: Column<E, DateTime<Utc>, A>) -> Self {
        self.placement(E::TABLE).partitioned_by = Some(time.position());
        self
    }

    /// Whether every table is as the library creates it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.placements.is_empty()
    }

    /// The placements of tables, for backends.
    #[must_use]
    pub fn placements(&self) -> &[Placement] {
        &self.placements
    }

    /// Refuses names that are not 1 to 63 ASCII letters, digits and underscores, two tables with
    /// one name, and a table that cannot be partitioned.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid), with the rule `name`, `duplicate` or `partitions`.
    pub fn check(&self) -> Result<()> {
        for (index, placement) in self.placements.iter().enumerate() {
            let names = [Some(placement.name), placement.schema];
            if !names.into_iter().flatten().all(is_name) {
                let violation = Violation::new(
                    "layout",
                    "name",
                    "has a name that is not 1 to 63 ASCII letters, digits and underscores",
                );
                return Err(Error::from(violation).with_table(placement.table.name));
            }
            let same = |other: &Placement| {
                (other.name, other.schema) == (placement.name, placement.schema)
            };
            if self.placements[..index].iter().any(same) {
                let violation = Violation::new("layout", "duplicate", "gives two tables one name");
                return Err(Error::from(violation).with_table(placement.table.name));
            }
            placement.check_partitions()?;
        }
        Ok(())
    }

    fn placement(&mut self, table: &'static TableDef) -> &mut Placement {
        let known = self
            .placements
            .iter()
            .position(|one| same(one.table.name, table.name));
        let index = known.unwrap_or_else(|| {
            self.placements.push(Placement {
                table,
                name: table.name,
                schema: None,
                columns: Vec::new(),
                partitioned_by: None,
            });
            self.placements.len() - 1
        });
        &mut self.placements[index]
    }
}

impl Placement {
    fn check_partitions(&self) -> Result<()> {
        let Some(position) = self.partitioned_by else {
            return Ok(());
        };
        let (table, column) = (self.table, &self.table.columns[position]);
        let is_time = matches!(
            column.column_type,
            ColumnType::UnixSeconds | ColumnType::UnixMillis | ColumnType::DateTime { .. }
        );
        let message = if !is_time || column.nullable {
            "is partitioned by a column that is not a time, or may be NULL"
        } else if self.columns.iter().any(|(chosen, _)| *chosen == position) {
            "is partitioned by a column whose type the layout chooses"
        } else if !table.append_only {
            "is partitioned, and its rows may change"
        } else if !table.unique.is_empty() || table.primary_key.len() != 1 {
            "is partitioned, and has a key of several columns or another unique key"
        } else if table.primary_key[0] == column.name {
            "is partitioned by its key"
        } else if self.name.len() > MAX_PARTITIONED_NAME {
            "is partitioned, and its name has more than 40 characters"
        } else {
            return Ok(());
        };
        let violation = Violation::new("layout", "partitions", message);
        Err(Error::from(violation).with_table(table.name))
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain)
}

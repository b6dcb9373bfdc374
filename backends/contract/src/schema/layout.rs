//! The names and types of the tables of an existing database.

use crate::entity::column::Column;
use crate::entity::mapping::Entity;
use crate::error::{Error, Result, Violation};
use crate::table::definition::{TableDef, same};

/// The most bytes of a name that every database accepts.
const MAX_NAME: usize = 63;

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

    /// Refuses names that are not 1 to 63 ASCII letters, digits and underscores, and two tables with
    /// one name.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid), with the rule `name` or `duplicate`.
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
            });
            self.placements.len() - 1
        });
        &mut self.placements[index]
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain)
}

//! Dialects of stores whose tables have names, schemas or types of their own.

use std::sync::{Mutex, PoisonError};

use genledger_contract::backend::Outcome;
use genledger_contract::schema::{Layout, Placement};
use genledger_contract::table::{ColumnDef, SqlType, TableDef};
use genledger_contract::{Error, Result};

use super::{Dialect, Family};
use crate::cache::Cache;

/// A table and what it is in the database.
#[derive(Debug)]
pub(super) struct Placed {
    entity: &'static TableDef,
    table: TableDef,
    /// The columns to which the layout gives a type.
    own: Vec<usize>,
    /// Other entities of the same table.
    others: Mutex<Vec<(&'static TableDef, &'static TableDef)>>,
}

/// The dialects that were made, which stay: applications have few layouts, and the names of tables are
/// constants of the program as well.
static MADE: Mutex<Vec<Made>> = Mutex::new(Vec::new());

struct Made {
    base: &'static Dialect,
    layout: Layout,
    dialect: &'static Dialect,
}

impl Dialect {
    /// The same dialect for tables that are as a layout says.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for names that cannot be;
    /// [`Schema`](genledger_contract::ErrorKind::Schema) for a column type that has no conversion;
    /// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) for a schema in SQLite.
    pub fn with_layout(&'static self, layout: &Layout) -> Result<&'static Self> {
        self.check_layout(layout)?;
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let known = made
            .iter()
            .find(|one| std::ptr::eq(one.base, self) && one.layout == *layout);
        if let Some(known) = known {
            return Ok(known.dialect);
        }
        let placed = layout.placements().iter();
        let dialect: &'static Self = Box::leak(Box::new(Self {
            family: self.family,
            locks: self.locks,
            cache: Cache::new(),
            placed: placed.map(|placement| self.placed(placement)).collect(),
        }));
        made.push(Made {
            base: self,
            layout: layout.clone(),
            dialect,
        });
        Ok(dialect)
    }

    fn check_layout(&self, layout: &Layout) -> Result<()> {
        layout.check()?;
        for placement in layout.placements() {
            let table = placement.table;
            if self.family == Family::Sqlite && placement.schema.is_some() {
                let error = Error::unsupported("a database of SQLite has no schemas");
                return Err(error.with_table(table.name));
            }
            for (position, sql) in &placement.columns {
                let checked = self.codec_of(sql, &table.columns[*position]);
                checked.map_err(|error| error.with_table(table.name))?;
            }
        }
        Ok(())
    }

    fn placed(&self, placement: &Placement) -> Placed {
        let entity = placement.table;
        let mut columns: Vec<ColumnDef> = entity.columns.to_vec();
        for (position, sql) in &placement.columns {
            let own = SqlType {
                dialect: self.name(),
                sql,
            };
            columns[*position].sql_types = vec![own].leak();
        }
        Placed {
            entity,
            table: TableDef {
                name: placement.name,
                schema: placement.schema,
                columns: columns.leak(),
                ..*entity
            },
            own: placement
                .columns
                .iter()
                .map(|(position, _)| *position)
                .collect(),
            others: Mutex::default(),
        }
    }

    /// The table of an entity as it is in the database.
    pub(crate) fn place(&'static self, table: &'static TableDef) -> &'static TableDef {
        let Some(placed) = self.find(table) else {
            return table;
        };
        if std::ptr::eq(placed.entity, table) || placed.entity == table {
            return &placed.table;
        }
        // Another entity of the same table.
        let mut others = placed.others.lock().unwrap_or_else(PoisonError::into_inner);
        let known = others.iter().find(|(entity, _)| *entity == table);
        if let Some((_, other)) = known {
            return other;
        }
        let other = &*Box::leak(Box::new(placed.other(table)));
        others.push((table, other));
        other
    }

    /// The same, where errors name the table as its entity does.
    pub(crate) fn name_entity<T>(&self, outcome: Result<Outcome<T>>) -> Result<Outcome<T>> {
        match outcome {
            Ok(Outcome::Refused(error)) => Ok(Outcome::Refused(self.renamed(error))),
            Err(error) => Err(self.renamed(error)),
            done @ Ok(Outcome::Done(_)) => done,
        }
    }

    #[cold]
    fn renamed(&self, error: Error) -> Error {
        error.map_table(|name| {
            let mut placed = self.placed.iter();
            placed
                .find(|placed| placed.table.name == name)
                .map(|placed| placed.entity.name)
        })
    }

    /// Whether a layout says something about a table.
    pub(crate) fn is_placed(&self, table: &TableDef) -> bool {
        self.find(table).is_some()
    }

    fn find(&self, table: &TableDef) -> Option<&Placed> {
        self.placed
            .iter()
            .find(|placed| placed.entity.name == table.name)
    }
}

impl Placed {
    /// What another entity of the table is in the database: the columns have the types that they have.
    fn other(&self, entity: &TableDef) -> TableDef {
        let mut columns: Vec<ColumnDef> = entity.columns.to_vec();
        for column in &mut columns {
            let known = self.entity.position(column.name);
            if let Some(position) = known.filter(|position| self.own.contains(position)) {
                column.sql_types = self.table.columns[position].sql_types;
            }
        }
        TableDef {
            name: self.table.name,
            schema: self.table.schema,
            columns: columns.leak(),
            ..*entity
        }
    }
}

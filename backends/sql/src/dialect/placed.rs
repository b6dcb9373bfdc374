//! Dialects for layouts: tables whose names, schemas or column types differ from their entities.

use std::sync::{Mutex, PoisonError};

use genledger_contract::backend::Outcome;
use genledger_contract::schema::{Layout, Placement};
use genledger_contract::table::{ColumnDef, SqlType, TableDef};
use genledger_contract::{Error, Result};

use super::{Dialect, Family, Placed};
use crate::cache::Cache;

/// The dialects of all layouts, which are leaked: an application has few layouts.
static LAYOUT_DIALECTS: Mutex<Vec<LayoutDialect>> = Mutex::new(Vec::new());

struct LayoutDialect {
    base: &'static Dialect,
    layout: Layout,
    dialect: &'static Dialect,
}

impl Dialect {
    /// The same dialect for the tables of a layout.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for invalid names;
    /// [`Schema`](genledger_contract::ErrorKind::Schema) for a column type without a conversion;
    /// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) for a schema in SQLite.
    pub fn with_layout(&'static self, layout: &Layout) -> Result<&'static Self> {
        self.check_layout(layout)?;
        let mut dialects = LAYOUT_DIALECTS
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = dialects
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
        dialects.push(LayoutDialect {
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
                let error = Error::unsupported("SQLite has no schemas");
                return Err(error.with_table(table.name));
            }
            if self.family == Family::Sqlite && placement.partitioned_by.is_some() {
                let error = Error::unsupported("SQLite has no partitions");
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
            let chosen = SqlType {
                dialect: self.name(),
                sql,
            };
            columns[*position].sql_types = vec![chosen].leak();
        }
        let partitioned_by = placement.partitioned_by;
        let partitioned_by = partitioned_by.map(|position| entity.columns[position].name);
        Placed {
            entity,
            table: TableDef {
                name: placement.name,
                schema: placement.schema,
                columns: columns.leak(),
                primary_key: with_column(entity.primary_key, partitioned_by),
                partitioned_by,
                ..*entity
            },
            chosen: placement
                .columns
                .iter()
                .map(|(position, _)| *position)
                .collect(),
            other_entities: Mutex::default(),
        }
    }

    /// The table in the database of an entity's table.
    pub(crate) fn place(&'static self, table: &'static TableDef) -> &'static TableDef {
        let Some(placed) = self.find(table) else {
            return table;
        };
        if std::ptr::eq(placed.entity, table) || placed.entity == table {
            return &placed.table;
        }
        // Another entity with the same table.
        let mut other_entities = placed
            .other_entities
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = other_entities.iter().find(|(entity, _)| *entity == table);
        if let Some((_, other)) = known {
            return other;
        }
        let other = &*Box::leak(Box::new(placed.other(table)));
        other_entities.push((table, other));
        other
    }

    /// Replaces the table of an error by the table of its entity.
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

    /// Whether the layout gives a table another name, schema or column type, so that scripts of the library cannot be
    /// run on it.
    pub(crate) fn is_placed_elsewhere(&self, table: &TableDef) -> bool {
        self.find(table).is_some_and(|placed| {
            let (own, other) = (placed.entity, &placed.table);
            (own.name, own.schema) != (other.name, other.schema) || !placed.chosen.is_empty()
        })
    }

    fn find(&self, table: &TableDef) -> Option<&Placed> {
        self.placed
            .iter()
            .find(|placed| placed.entity.name == table.name)
    }
}

impl Placed {
    /// The table in the database for another entity with the same table: shared columns have the types of the layout.
    fn other(&self, entity: &TableDef) -> TableDef {
        let mut columns: Vec<ColumnDef> = entity.columns.to_vec();
        for column in &mut columns {
            let known = self.entity.position(column.name);
            if let Some(position) = known.filter(|position| self.chosen.contains(position)) {
                column.sql_types = self.table.columns[position].sql_types;
            }
        }
        let partitioned_by = self.table.partitioned_by;
        let partitioned_by = partitioned_by.filter(|name| entity.position(name).is_some());
        TableDef {
            name: self.table.name,
            schema: self.table.schema,
            columns: columns.leak(),
            primary_key: with_column(entity.primary_key, partitioned_by),
            partitioned_by,
            ..*entity
        }
    }
}

/// A primary key with the column of partitions.
fn with_column(
    key: &'static [&'static str],
    column: Option<&'static str>,
) -> &'static [&'static str] {
    match column {
        None => key,
        Some(column) => [key, &[column]].concat().leak(),
    }
}

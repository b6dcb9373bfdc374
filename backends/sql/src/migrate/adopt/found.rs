//! What the catalog has of a table that is adopted, compared with its description.

use genledger_contract::schema::{Adoption, Difference, Severity};
use genledger_contract::table::{ColumnDef, Kind, TableDef};
use genledger_contract::{Error, ErrorKind, Result};

use super::keys;
use crate::dialect::{Dialect, Family};
use crate::introspected::{IntrospectedColumn, IntrospectedTable, TypeClass};
use crate::verify::compare;

/// What the names of the generated columns of live-only keys begin with.
const LIVE: &str = "_live_";

/// A table as the catalog describes it.
#[derive(Clone, Debug)]
pub(super) struct Found(pub(super) IntrospectedTable);

impl Found {
    pub(super) fn column(&self, name: &str) -> Option<&IntrospectedColumn> {
        self.0.columns.iter().find(|column| column.name == name)
    }

    /// The described columns that exist.
    pub(super) fn described<'f>(
        &'f self,
        adoption: &'static Adoption,
    ) -> impl Iterator<Item = (&'static ColumnDef, &'f IntrospectedColumn)> {
        let columns = adoption.table.columns.iter();
        columns.filter_map(|column| Some((column, self.column(column.name)?)))
    }

    /// The columns that the database does not compute.
    pub(super) fn stored(&self) -> impl Iterator<Item = &IntrospectedColumn> {
        let all = self.0.columns.iter();
        all.filter(|column| !column.name.starts_with(LIVE))
    }

    /// Whether the database sets a column when its row changes (`MySQL`).
    pub(super) fn is_touched(&self, dialect: &Dialect, column: &str) -> bool {
        if dialect.family() != Family::MySql {
            return false;
        }
        let start = format!("`{column}` ");
        let mut lines = self.0.checks.iter().flat_map(|table| table.lines());
        lines.any(|line| {
            let line = line.trim_start();
            // What follows is a comment, which may contain anything.
            let (line, _) = line.split_once(" COMMENT ").unwrap_or((line, ""));
            line.starts_with(&start) && line.contains(" ON UPDATE ")
        })
    }

    /// The columns that the description does not have.
    pub(super) fn further(&self, table: &'static TableDef) -> Vec<&IntrospectedColumn> {
        let known = |name: &str| table.columns.iter().any(|column| column.name == name);
        let all = self.0.columns.iter();
        all.filter(|column| !known(&column.name) && !column.name.starts_with(LIVE))
            .collect()
    }

    /// The name that a described column has now, if it is another one.
    pub(super) fn earlier_name(
        &self,
        adoption: &Adoption,
        column: &ColumnDef,
    ) -> Option<&'static str> {
        let mut renamed = adoption.renamed.iter();
        let of_column = |name: &&str| self.column(name).is_some();
        renamed
            .find(|renamed| renamed.to == column.name)
            .map(|renamed| renamed.from)
            .filter(of_column)
    }

    fn differences(
        &self,
        dialect: &'static Dialect,
        adoption: &'static Adoption,
    ) -> Vec<Difference> {
        compare::compare(dialect, adoption.table, Some(&self.0))
    }

    /// Whether a described column differs in a way that breaks a statement, or lacks a default that other programs
    /// need.
    pub(super) fn needs_form(
        &self,
        dialect: &'static Dialect,
        adoption: &'static Adoption,
    ) -> bool {
        let broken = self.broken(dialect, adoption);
        !broken.is_empty()
            || self
                .described(adoption)
                .any(|(column, found)| lacks_default(adoption, column, found))
    }

    /// The differences of described columns and of the key that break a statement.
    pub(super) fn broken(
        &self,
        dialect: &'static Dialect,
        adoption: &'static Adoption,
    ) -> Vec<Difference> {
        let columns = adoption.table.columns;
        let mut all = self.differences(dialect, adoption);
        all.retain(|one| {
            let is_column = columns.iter().any(|column| column.name == one.item);
            one.severity == Severity::Breaks && is_column
        });
        all
    }

    /// Whether the table has the described form and indexes.
    pub(super) fn is_adopted(
        &self,
        dialect: &'static Dialect,
        adoption: &'static Adoption,
    ) -> bool {
        let differences = self.differences(dialect, adoption);
        differences.iter().all(|one| one.severity < Severity::Slow)
    }

    /// Checks that the table can be adopted, before anything is changed: nothing differs beside the described columns,
    /// except indexes, and each of them can be converted.
    pub(super) fn check(
        &self,
        dialect: &'static Dialect,
        adoption: &'static Adoption,
    ) -> Result<()> {
        let table = adoption.table;
        let is_described = |item: &str| {
            let mut columns = table.columns.iter();
            columns.any(|column| column.name == item)
        };
        let is_renamed = |item: &str| adoption.renamed.iter().any(|renamed| renamed.from == item);
        let missing = keys::missing(adoption, self).map(|key| key.name);
        let replaced = keys::replaced(adoption, self).map(|key| key.name.as_str());
        let keys: Vec<&str> = missing.chain(replaced).collect();
        for one in self.differences(dialect, adoption) {
            let is_expected = is_described(&one.item)
                || is_renamed(&one.item)
                || is_engine(&one.found)
                || keys.contains(&one.item.as_str());
            if one.severity == Severity::Breaks && !is_expected {
                return Err(refused(table, &one.to_string()));
            }
        }
        for column in table.columns {
            let earlier = || self.column(self.earlier_name(adoption, column)?);
            if let Some(found) = self.column(column.name).or_else(earlier)
                && !can_become(dialect, column, found.class)
            {
                let sql_type = &found.sql_type;
                let what = format!("the column has the type {sql_type}, which is not converted");
                return Err(refused(table, &what).with_column(column.name));
            }
        }
        Ok(())
    }

    /// Checks that no difference is left that breaks a statement.
    pub(super) fn finished(
        &self,
        dialect: &'static Dialect,
        adoption: &'static Adoption,
    ) -> Result<()> {
        let differences = self.differences(dialect, adoption);
        match differences
            .iter()
            .find(|one| one.severity == Severity::Breaks)
        {
            None => Ok(()),
            Some(left) => Err(refused(
                adoption.table,
                &format!("a difference is left: {left}"),
            )),
        }
    }

    /// Whether the engine of the table has no transactions.
    pub(super) fn needs_engine(&self) -> bool {
        self.0.remarks.iter().any(|(_, remark)| is_engine(remark))
    }
}

/// Whether other programs that omit the column need a default which it does not have.
pub(super) fn lacks_default(
    adoption: &Adoption,
    column: &ColumnDef,
    found: &IntrospectedColumn,
) -> bool {
    adoption.fill(column).is_some() && found.default.is_none() && !found.generated
}

/// The remark of the driver for `MySQL` on an engine without transactions.
fn is_engine(remark: &str) -> bool {
    remark.starts_with("has the engine ")
}

/// Whether values of a class of types become those of a column.
fn can_become(dialect: &Dialect, column: &ColumnDef, class: TypeClass) -> bool {
    let sqlite = dialect.family() == Family::Sqlite;
    match column.column_type.kind() {
        Kind::I16 | Kind::I32 | Kind::I64 | Kind::Bool => {
            let is_number = matches!(
                class,
                TypeClass::Bool | TypeClass::Integer { .. } | TypeClass::Unsigned { .. }
            );
            // NUMERIC and types without a meaning store integers as they are.
            is_number || sqlite && matches!(class, TypeClass::Other)
        }
        Kind::Text | Kind::Json => matches!(
            class,
            TypeClass::Text { .. }
                | TypeClass::FixedText { .. }
                | TypeClass::Json
                | TypeClass::RewrittenJson
                | TypeClass::Enum
        ),
        Kind::DateTime => {
            let is_time = matches!(
                class,
                TypeClass::Timestamp { .. } | TypeClass::DateTime { .. }
            );
            is_time || class.holds(dialect.family(), column.column_type)
        }
        _ => class.holds(dialect.family(), column.column_type),
    }
}

pub(super) fn refused(table: &TableDef, why: &str) -> Error {
    Error::new(
        ErrorKind::Schema,
        format!("the table {} cannot be adopted: {why}", table.name),
    )
    .with_table(table.name)
}

//! Checks whether the contract allows a statement. Sessions call this first, so that the errors are the same
//! on every backend.

use crate::error::{Error, Result, Violation};
use crate::statement::aggregate::{Aggregate, Group, Measure};
use crate::statement::change::{Action, Assignment, Update, Upsert};
use crate::statement::claim::Claim;
use crate::statement::predicate::Predicate;
use crate::statement::predicate::depth::{MAX_FILTER_DEPTH, within_depth};
use crate::statement::select::{OrderBy, Select};
use crate::statement::update_each::UpdateEach;
use crate::table::definition::{ColumnDef, TableDef};
use crate::table::kind::{ColumnType, Kind};

/// The most values of one filter, those of lists counted one by one. The limits of databases differ; all of
/// them accept this many.
pub const MAX_FILTER_VALUES: usize = 10_000;

/// The levels that the library itself adds around a filter: a key, or the start of a page.
const OWN_DEPTH: usize = 2;

/// The most rows of one claim.
pub(crate) const MAX_CLAIM: u32 = 10_000;

fn refuse<T>(
    table: &TableDef,
    path: &'static str,
    rule: &'static str,
    message: &'static str,
) -> Result<T> {
    Err(Error::from(Violation::new(path, rule, message)).with_table(table.name))
}

fn column(table: &TableDef, position: usize) -> Result<&ColumnDef> {
    match table.columns.get(position) {
        Some(column) => Ok(column),
        None => refuse(
            table,
            "column",
            "unknown_column",
            "the table has no such column",
        ),
    }
}

fn comparable(table: &TableDef, position: usize) -> Result<()> {
    if column(table, position)?.column_type.is_comparable() {
        return Ok(());
    }
    refuse(
        table,
        "column",
        "not_comparable",
        "JSON and bytes are never compared in the database",
    )
}

fn is_number(column_type: ColumnType) -> bool {
    matches!(
        column_type,
        ColumnType::I16 | ColumnType::I32 | ColumnType::I64 | ColumnType::Decimal { .. }
    )
}

/// Checks a predicate of `table`.
///
/// # Errors
/// Returns [`Invalid`](crate::ErrorKind::Invalid) when it names a column that does not exist, compares what
/// is never compared, holds more than [`MAX_FILTER_VALUES`] values, or is nested more than
/// [`MAX_FILTER_DEPTH`] levels deep.
pub(crate) fn validate_predicate(table: &TableDef, predicate: &Predicate) -> Result<()> {
    validate_filter(table, predicate, 0)
}

/// Checks a predicate to which the library has added this many values.
fn validate_filter(table: &TableDef, predicate: &Predicate, added: usize) -> Result<()> {
    if !within_depth(predicate, MAX_FILTER_DEPTH + OWN_DEPTH) {
        return refuse(
            table,
            "filter",
            "too_deep",
            "is nested deeper than a filter may",
        );
    }
    if count_values(predicate) > MAX_FILTER_VALUES + added {
        return refuse(
            table,
            "filter",
            "too_many_values",
            "holds more values than a filter may",
        );
    }
    validate_part(table, predicate)
}

fn count_values(predicate: &Predicate) -> usize {
    match predicate {
        Predicate::True | Predicate::False | Predicate::IsNull { .. } => 0,
        Predicate::Compare { .. } | Predicate::StartsWith { .. } | Predicate::Contains { .. } => 1,
        Predicate::In { values, .. } => values.len(),
        Predicate::CompareColumns { plus, .. } => usize::from(plus.is_some()),
        Predicate::And(all) | Predicate::Or(all) => all.iter().map(count_values).sum(),
        Predicate::Not(inner) => count_values(inner),
    }
}

fn validate_part(table: &TableDef, predicate: &Predicate) -> Result<()> {
    match predicate {
        Predicate::True | Predicate::False => Ok(()),
        Predicate::Compare { column, value, .. } if value.as_ref().is_null() => {
            comparable(table, *column)?;
            refuse(
                table,
                "filter",
                "null_comparison",
                "a comparison with NULL selects nothing",
            )
        }
        Predicate::Compare { column, .. } | Predicate::In { column, .. } => {
            comparable(table, *column)
        }
        Predicate::CompareColumns {
            column: left,
            plus,
            other,
            ..
        } => columns_compare(table, *left, plus.is_some(), *other),
        Predicate::IsNull { column: position } => column(table, *position).map(drop),
        Predicate::StartsWith {
            column: position, ..
        }
        | Predicate::Contains {
            column: position, ..
        } => {
            if column(table, *position)?.column_type.kind() == Kind::Text {
                Ok(())
            } else {
                refuse(
                    table,
                    "filter",
                    "not_text",
                    "only text has a prefix or contains a text",
                )
            }
        }
        Predicate::And(all) | Predicate::Or(all) => {
            all.iter().try_for_each(|one| validate_part(table, one))
        }
        Predicate::Not(inner) => validate_part(table, inner),
    }
}

/// Two columns are comparable when they hold values of the same kind and unit.
fn columns_compare(table: &TableDef, left: usize, adds: bool, right: usize) -> Result<()> {
    comparable(table, left)?;
    comparable(table, right)?;
    let (left, right) = (&table.columns[left], &table.columns[right]);
    let integers = left.column_type.is_integer() && right.column_type.is_integer();
    let times = |column: &ColumnDef| {
        matches!(
            column.column_type,
            ColumnType::UnixSeconds | ColumnType::UnixMillis
        )
    };
    let scale = |column: &ColumnDef| match column.column_type {
        ColumnType::Decimal { scale, .. } => Some(scale),
        _ => None,
    };
    let same_unit = if times(left) || times(right) {
        left.column_type == right.column_type
    } else if scale(left) != scale(right) {
        false
    } else {
        integers || left.column_type.kind() == right.column_type.kind()
    };
    if !same_unit {
        return refuse(
            table,
            "filter",
            "not_comparable",
            "two columns are compared only when they hold the same kind of value",
        );
    }
    if adds && !is_number(left.column_type) {
        return refuse(
            table,
            "filter",
            "not_a_number",
            "a value is only added to a number",
        );
    }
    Ok(())
}

fn validate_order(table: &TableDef, order: &[OrderBy]) -> Result<()> {
    order.iter().try_for_each(|order| {
        comparable(table, order.column)?;
        if column(table, order.column)?.column_type == ColumnType::LongText {
            // Pages would lose rows whose texts differ only beyond that limit.
            return refuse(
                table,
                "column",
                "unbounded_order",
                "servers sort texts by a limited number of bytes: give `max_chars` to the column",
            );
        }
        Ok(())
    })
}

fn validate_assignments(table: &TableDef, assignments: &[Assignment], upsert: bool) -> Result<()> {
    let mut seen = Vec::new();
    for assignment in assignments {
        let target = column(table, assignment.column)?;
        if seen.contains(&assignment.column) {
            return refuse(table, "changes", "twice", "a column is changed twice");
        }
        seen.push(assignment.column);
        if table.primary_key.contains(&target.name) {
            return refuse(
                table,
                "changes",
                "key_change",
                "a primary key never changes",
            );
        }
        let adds = matches!(assignment.action, Action::Add(_) | Action::AddInserted);
        if adds && !is_number(target.column_type) {
            return refuse(
                table,
                "changes",
                "not_a_number",
                "only numbers are added to",
            );
        }
        let of_inserted = matches!(assignment.action, Action::Inserted | Action::AddInserted);
        if of_inserted && !upsert {
            return refuse(
                table,
                "changes",
                "not_an_upsert",
                "only an upsert has an inserted row",
            );
        }
    }
    Ok(())
}

impl Select {
    /// Checks the statement.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the contract does not allow it.
    pub fn validate(&self) -> Result<()> {
        for position in &self.columns {
            column(self.table, *position)?;
        }
        if self.columns.is_empty() {
            return refuse(
                self.table,
                "columns",
                "empty",
                "a select reads at least one column",
            );
        }
        // The start of a page adds a condition to the caller's: as many values as the order has columns, in
        // as many alternatives, and the first of them in front.
        let columns = self.order.len();
        let added = columns * (columns + 1) / 2 + usize::from(columns > 0);
        validate_filter(self.table, &self.filter, added)?;
        validate_order(self.table, &self.order)
    }
}

impl Update {
    /// Checks the statement.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the contract does not allow it.
    pub fn validate(&self) -> Result<()> {
        if self.assignments.is_empty() {
            return refuse(
                self.table,
                "changes",
                "empty",
                "an update changes at least one column",
            );
        }
        if self.table.append_only {
            return refuse(
                self.table,
                "changes",
                "append_only",
                "rows of this table never change",
            );
        }
        validate_assignments(self.table, &self.assignments, false)?;
        if self.returning && self.key().is_none() {
            return refuse(
                self.table,
                "filter",
                "no_key",
                "only an update of the row with a key returns it",
            );
        }
        validate_predicate(self.table, &self.filter)
    }
}

impl UpdateEach {
    /// Checks the statement.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the contract does not allow it.
    pub fn validate(&self) -> Result<()> {
        if self.table.append_only {
            return refuse(
                self.table,
                "changes",
                "append_only",
                "rows of this table never change",
            );
        }
        for update in &self.updates {
            if update.assignments.is_empty() {
                return refuse(
                    self.table,
                    "changes",
                    "empty",
                    "an update changes at least one column",
                );
            }
            if update.key.len() != self.table.primary_key.len() {
                return refuse(
                    self.table,
                    "key",
                    "incomplete",
                    "an update needs a value for each column of the primary key",
                );
            }
            validate_assignments(self.table, &update.assignments, false)?;
            validate_predicate(self.table, &update.guard)?;
        }
        Ok(())
    }
}

impl Upsert {
    /// Checks the statement.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the contract does not allow it, or when a key
    /// appears twice in the rows.
    pub fn validate(&self) -> Result<()> {
        let table = self.rows.table();
        if !table.unique.is_empty() {
            return refuse(
                table,
                "rows",
                "second_unique_key",
                "the table has a second unique key",
            );
        }
        if table.append_only {
            return refuse(
                table,
                "changes",
                "append_only",
                "rows of this table never change",
            );
        }
        if self.assignments.is_empty() {
            return refuse(
                table,
                "changes",
                "empty",
                "an upsert changes at least one column",
            );
        }
        if self
            .rows
            .first_of_key()
            .iter()
            .enumerate()
            .any(|(row, first)| row != *first)
        {
            return refuse(table, "rows", "duplicate_key", "a key appears twice");
        }
        validate_assignments(table, &self.assignments, true)
    }
}

impl Claim {
    /// Checks the statement.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the contract does not allow it.
    pub fn validate(&self) -> Result<()> {
        if !(1..=MAX_CLAIM).contains(&self.limit) {
            return refuse(
                self.table,
                "limit",
                "out_of_range",
                "must be from 1 to 10000",
            );
        }
        if self.table.append_only {
            return refuse(
                self.table,
                "changes",
                "append_only",
                "rows of this table never change",
            );
        }
        comparable(self.table, self.token_column)?;
        if self.token.as_ref().is_null() {
            return refuse(self.table, "token", "required", "must not be NULL");
        }
        if self
            .assignments
            .iter()
            .any(|assignment| assignment.column == self.token_column)
        {
            return refuse(self.table, "changes", "twice", "a column is changed twice");
        }
        validate_assignments(self.table, &self.assignments, false)?;
        validate_order(self.table, &self.order)?;
        validate_predicate(self.table, &self.filter)
    }
}

impl Aggregate {
    /// Checks the statement.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the contract does not allow it.
    pub fn validate(&self) -> Result<()> {
        validate_predicate(self.table, &self.filter)?;
        if self.measures.is_empty() {
            return refuse(
                self.table,
                "measures",
                "empty",
                "an aggregate measures something",
            );
        }
        for measure in &self.measures {
            match measure {
                Measure::Count => {}
                Measure::Sum(position) => {
                    if !is_number(column(self.table, *position)?.column_type) {
                        return refuse(
                            self.table,
                            "measures",
                            "not_a_number",
                            "only numbers are summed",
                        );
                    }
                }
                Measure::Min(position) | Measure::Max(position) => {
                    comparable(self.table, *position)?;
                }
            }
        }
        for group in &self.groups {
            match group {
                Group::Column(position) => comparable(self.table, *position)?,
                Group::Bucket {
                    column: position,
                    seconds,
                } => {
                    let column_type = column(self.table, *position)?.column_type;
                    if !matches!(
                        column_type,
                        ColumnType::UnixSeconds | ColumnType::UnixMillis
                    ) {
                        return refuse(
                            self.table,
                            "groups",
                            "not_a_unix_time",
                            "only moments stored as unix seconds or milliseconds have buckets",
                        );
                    }
                    if !(1..=31_622_400).contains(seconds) {
                        return refuse(
                            self.table,
                            "groups",
                            "out_of_range",
                            "a bucket is 1 second to 366 days long",
                        );
                    }
                }
            }
        }
        let only_count = self.groups.is_empty() && self.measures == [Measure::Count];
        if self.scan_limit.is_some() && !only_count {
            return refuse(
                self.table,
                "scan_limit",
                "not_a_count",
                "only a single count is capped",
            );
        }
        Ok(())
    }
}

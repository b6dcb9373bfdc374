//! What is known of work before it runs.

use genledger_contract::row::RowBatch;
use genledger_contract::statement::{Comparison, Predicate, Select, Statement};
use genledger_contract::table::TableDef;

/// The most rows of a short statement.
const FEW_ROWS: usize = 16;

/// The most bytes of the rows of a short statement.
const FEW_BYTES: usize = 64 * 1024;

/// What is known of work before it runs, for a store whose driver blocks the thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// It writes with a single statement, which the database rolls back by itself when it fails: group commit needs
    /// no savepoint for it.
    pub atomic: bool,
    /// It reads and writes a few rows that it finds by their keys, so it may run on a thread that must not be blocked
    /// for long.
    pub short: bool,
}

impl Hints {
    pub(crate) const SHORT: Self = Self {
        atomic: false,
        short: true,
    };

    pub(crate) fn of(statement: &Statement) -> Self {
        Self {
            // An insert of one row writes nothing when it fails.
            atomic: match statement {
                Statement::Update(_) | Statement::Delete(_) => true,
                Statement::Insert(insert) => insert.rows.len() == 1,
                Statement::Upsert(upsert) => upsert.rows.len() == 1,
                _ => false,
            },
            // A delete by key may scan the tables that refer to its table.
            short: match statement {
                Statement::Insert(insert) => is_small(&insert.rows),
                Statement::Upsert(upsert) => is_small(&upsert.rows),
                Statement::Update(update) => is_keyed(update.table, &update.filter),
                Statement::UpdateEach(update) => update.updates.len() <= FEW_ROWS,
                _ => false,
            },
        }
    }

    pub(crate) fn of_select(select: &Select) -> Self {
        Self {
            atomic: false,
            short: is_keyed(select.table, &select.filter),
        }
    }
}

fn is_small(rows: &RowBatch) -> bool {
    rows.len() <= FEW_ROWS && rows.bytes(0, rows.len()) <= FEW_BYTES
}

/// Whether a filter holds a value for each column of a key, which at most one row has. A key of live rows only does not
/// count: its index is of no use without a condition on the mark of deleted rows.
fn is_keyed(table: &TableDef, filter: &Predicate) -> bool {
    let parts = match filter {
        Predicate::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let has_value = |name: &&str| {
        parts.iter().any(|part| {
            matches!(part, Predicate::Compare { column, comparison: Comparison::Eq, .. }
                if table.columns[*column].name == *name)
        })
    };
    let unique = table.unique.iter().filter(|unique| !unique.live_only);
    std::iter::once(table.primary_key)
        .chain(unique.map(|unique| unique.columns))
        .any(|key| key.iter().all(has_value))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use genledger_contract::row::{RowBatch, Value};
    use genledger_contract::statement::{
        Action, Aggregate, Assignment, Comparison, Delete, Duplicates, Insert, KeyedUpdate,
        Predicate, Select, Statement, Update, UpdateEach, Upsert,
    };
    use genledger_contract::{Entity, Result};

    use super::{FEW_ROWS, Hints};

    /// A thing with three keys.
    #[derive(Clone, Debug, Entity)]
    #[entity(crate = genledger_contract, table = "things", key(owner, id), unique(name),
        unique(name = "live_codes", columns(code), live), soft_delete = is_deleted)]
    struct Thing {
        /// Its owner.
        owner: i64,
        /// Its number.
        id: i64,
        /// Its name.
        #[column(max_chars = 10)]
        name: String,
        /// A remark.
        #[column(max_chars = 16_000)]
        remark: String,
        /// Its code.
        code: i64,
        /// Whether it was deleted.
        is_deleted: bool,
    }

    const NAME: usize = 2;
    const CODE: usize = 4;

    fn rows(count: usize, length: usize) -> Result<Arc<RowBatch>> {
        let thing = Thing {
            owner: 1,
            id: 1,
            name: "x".to_owned(),
            remark: "x".repeat(length),
            code: 1,
            is_deleted: false,
        };
        RowBatch::of(&vec![thing; count]).map(Arc::new)
    }

    fn equals(column: usize) -> Predicate {
        Predicate::compare(column, Comparison::Eq, Value::I64(1))
    }

    fn change() -> Vec<Assignment> {
        let action = Action::Set(Value::I64(2));
        vec![Assignment {
            column: CODE,
            action,
        }]
    }

    fn hints(atomic: bool, short: bool) -> Hints {
        Hints { atomic, short }
    }

    #[test]
    fn a_few_small_rows_are_short() -> Result<()> {
        for (count, length, short) in [
            (1, 10, true),
            (FEW_ROWS, 10, true),
            (FEW_ROWS + 1, 10, false),
            (4, 16_000, true),
            (5, 16_000, false),
        ] {
            let expected = hints(count == 1, short);
            let insert = Statement::Insert(Insert {
                rows: rows(count, length)?,
                duplicates: Duplicates::Keep,
            });
            assert_eq!(Hints::of(&insert), expected, "{count} of {length}");
            let upsert = Statement::Upsert(Upsert {
                rows: rows(count, length)?,
                assignments: change(),
            });
            assert_eq!(Hints::of(&upsert), expected, "{count} of {length}");
            let update = KeyedUpdate {
                key: vec![Value::I64(1), Value::I64(1)],
                guard: Predicate::True,
                assignments: change(),
            };
            let each = Statement::UpdateEach(UpdateEach {
                table: Thing::TABLE,
                updates: vec![update; count],
                returning: false,
            });
            assert_eq!(Hints::of(&each), hints(false, count <= FEW_ROWS), "{count}");
        }
        Ok(())
    }

    #[test]
    fn only_a_whole_key_is_short() {
        let key = || equals(0).and(equals(1));
        let name = || Predicate::compare(NAME, Comparison::Eq, Value::Text("x".to_owned()));
        let greater = Predicate::compare(1, Comparison::Ge, Value::I64(1));
        for (filter, short) in [
            (key(), true),
            (equals(CODE).and(key()), true),
            (name(), true),
            (name().and(equals(CODE)), true),
            (Predicate::True, false),
            (equals(0), false),
            (equals(1), false),
            (equals(0).and(greater), false),
            (key().or(key()), false),
            (Predicate::Not(Box::new(key())), false),
            // Its index is a partial one.
            (equals(CODE), false),
        ] {
            let select = Select::all_columns(Thing::TABLE, filter.clone());
            assert_eq!(Hints::of_select(&select), hints(false, short), "{filter:?}");
            let update = Statement::Update(Update {
                table: Thing::TABLE,
                assignments: change(),
                filter: filter.clone(),
                returning: false,
            });
            assert_eq!(Hints::of(&update), hints(true, short), "{filter:?}");
            let delete = Statement::Delete(Delete {
                table: Thing::TABLE,
                filter: filter.clone(),
            });
            assert_eq!(Hints::of(&delete), hints(true, false), "{filter:?}");
        }
    }

    #[test]
    fn a_sum_is_never_short() {
        let sum = Statement::Aggregate(Aggregate {
            table: Thing::TABLE,
            filter: equals(0).and(equals(1)),
            groups: Vec::new(),
            measures: Vec::new(),
            scan_limit: None,
        });
        assert_eq!(Hints::of(&sum), Hints::default());
    }
}

//! Required columns that a database enforces.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use genledger_contract::table::TableDef;

use crate::executor::Executor;
use crate::hints::Hints;
use crate::schema::SchemaDriver;
use crate::traced::Traced;
use crate::work::StatementSettings;

/// The columns that cannot be NULL, by table. The definition of a table is read once.
#[derive(Debug, Default)]
pub(crate) struct Required(Mutex<HashMap<&'static str, Arc<HashSet<String>>>>);

impl Required {
    /// Whether the database allows no NULL in a column. `false` if its definition cannot be read.
    pub(crate) async fn is_enforced<X: Executor>(
        &self,
        executor: &X,
        settings: StatementSettings,
        schema: &'static dyn SchemaDriver,
        (table, column): (&'static TableDef, usize),
    ) -> bool {
        let known = self.tables().get(table.name).map(Arc::clone);
        let columns = if let Some(columns) = known {
            columns
        } else {
            let Some(read) = read(executor, settings, schema, table).await else {
                return false;
            };
            let read = Arc::new(read);
            self.tables().insert(table.name, Arc::clone(&read));
            read
        };
        columns.contains(table.columns[column].name)
    }

    fn tables(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, Arc<HashSet<String>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The columns of a table that cannot be NULL; `None` if they cannot be read.
async fn read<X: Executor>(
    executor: &X,
    StatementSettings { dialect, events }: StatementSettings,
    schema: &'static dyn SchemaDriver,
    table: &'static TableDef,
) -> Option<HashSet<String>> {
    let placed = dialect.place(table);
    let listener = events.of("verify", Some(table.name));
    let found = executor.read(
        Hints::default(),
        Box::new(move |context| {
            Box::pin(async move {
                let mut slot = None;
                let context = Traced::context(context, listener, &mut slot);
                schema.introspect(context.connection, placed).await
            })
        }),
    );
    let columns = found.await.ok()??.columns.into_iter();
    let required = columns.filter(|column| !column.nullable);
    Some(required.map(|column| column.name).collect())
}

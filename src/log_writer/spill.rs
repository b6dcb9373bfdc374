//! The spill: logs that wait on the local disk for the database.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use genledger_contract::query::Count;
use genledger_contract::row::{ParamSink, RowBatch, RowReader};
use genledger_contract::statement::{Delete, Predicate, Statement};
use genledger_contract::table::TableDef;
use genledger_contract::{
    Cursor, Entity, Error, ErrorKind, Filter, MigrationSet, Query, Result, RowOutcome, SessionExt,
    Store,
};
use tokio::sync::RwLock;

/// A log in the spill: the same columns in a table of their own, without the indexes, so that a spill can never be
/// confused with the database.
#[derive(Clone)]
struct Spilled<L>(L);

impl<L: Entity> Entity for Spilled<L> {
    type Key = L::Key;

    const TABLE: &'static TableDef = &TableDef {
        name: Self::NAME,
        schema: None,
        unique: &[],
        indexes: &[],
        ..*L::TABLE
    };

    fn key(&self) -> L::Key {
        self.0.key()
    }

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        self.0.write(sink)
    }

    fn read(row: &dyn RowReader) -> Result<Self> {
        L::read(row).map(Self)
    }
}

const PREFIX: &[u8] = b"spilled_";

impl<L: Entity> Spilled<L> {
    const BYTES: [u8; 128] = {
        let name = L::TABLE.name.as_bytes();
        let mut bytes = [0; 128];
        let mut index = 0;
        while index < PREFIX.len() {
            bytes[index] = PREFIX[index];
            index += 1;
        }
        while index - PREFIX.len() < name.len() {
            bytes[index] = name[index - PREFIX.len()];
            index += 1;
        }
        bytes
    };

    const NAME: &'static str = {
        let (name, _) = Self::BYTES.split_at(PREFIX.len() + L::TABLE.name.len());
        match std::str::from_utf8(name) {
            Ok(name) => name,
            Err(_) => panic!("the name of a table is not UTF-8"),
        }
    };

    const TABLES: &'static [&'static TableDef] = &[Self::TABLE];
}

/// The logs of one kind in the spill.
pub(super) struct Spill<L> {
    table: Arc<Table>,
    marker: PhantomData<fn() -> L>,
}

struct Table {
    store: Arc<dyn Store>,
    /// The number of logs in it.
    rows: AtomicU64,
    /// Shared by writes until they are counted, and exclusive while all logs are counted.
    counting: RwLock<()>,
}

/// Logs of the spill in the order of their keys.
pub(super) struct Chunk<L> {
    pub(super) logs: Vec<L>,
    /// Where the next chunk begins.
    pub(super) next: Option<Cursor>,
}

impl<L: Entity> Spill<L> {
    /// Makes the table, and counts what is in it.
    pub(super) async fn open(store: Arc<dyn Store>) -> Result<Self> {
        // A set with this table alone: each kind of log adds its own.
        let set = MigrationSet::of("genledger.spill", Spilled::<L>::TABLES);
        store.migrate(&[set]).await?;
        let table = Table {
            store,
            rows: AtomicU64::new(0),
            counting: RwLock::new(()),
        };
        let spill = Self {
            table: Arc::new(table),
            marker: PhantomData,
        };
        spill.count().await?;
        Ok(spill)
    }

    /// Counts the logs in it: another writer may use it as well, and the logs of a write that is not counted yet may
    /// be removed already.
    pub(super) async fn count(&self) -> Result<()> {
        let _exclusive = self.table.counting.write().await;
        let all = Filter::<Spilled<L>>::all();
        let session = self.table.store.session();
        let rows = number(session.count(all, u64::MAX >> 1).await?);
        self.table.rows.store(rows, Ordering::Relaxed);
        Ok(())
    }

    /// The number of logs in it.
    pub(super) fn rows(&self) -> u64 {
        self.table.rows.load(Ordering::Relaxed)
    }

    /// Puts logs in it. If the future is dropped, they are still written and counted.
    pub(super) async fn write(&self, logs: &[L]) -> Result<Vec<RowOutcome>> {
        let logs: Vec<Spilled<L>> = logs.iter().cloned().map(Spilled).collect();
        let table = Arc::clone(&self.table);
        let write = tokio::spawn(async move {
            let _shared = table.counting.read().await;
            let outcomes = table.store.session().insert_if_absent(&logs).await?;
            let new = outcomes.iter().filter(|one| **one == RowOutcome::New);
            table.rows.fetch_add(count(new.count()), Ordering::Relaxed);
            Ok(outcomes)
        });
        write.await.unwrap_or_else(|error| {
            let message = "writing to the spill panicked, or the runtime has ended";
            Err(Error::new(ErrorKind::OutcomeUnknown, message).with_source(error))
        })
    }

    /// The logs with the next keys. Those that cannot be read stay where they are.
    pub(super) async fn read(&self, after: Option<Cursor>, rows: u32) -> Result<Chunk<L>> {
        let query = Query::<Spilled<L>>::matching(Filter::all())
            .page_size(rows)
            .after_maybe(after);
        let page = self.table.store.session().page_lenient(&query).await?;
        let logs = page.items.into_iter().flatten().map(|spilled| spilled.0);
        Ok(Chunk {
            logs: logs.collect(),
            next: page.next,
        })
    }

    /// Removes logs from it.
    pub(super) async fn delete(&self, logs: &[L]) -> Result<()> {
        let batch = RowBatch::of(logs)?;
        let keys = L::TABLE.key_positions();
        let mut any = Predicate::False;
        for row in 0..batch.len() {
            any = any.or(Predicate::equals(&keys, batch.key(row)));
        }
        let delete = Delete {
            table: Spilled::<L>::TABLE,
            filter: any,
        };
        let deleted = self
            .table
            .store
            .session()
            .execute(Statement::Delete(delete))
            .await?;
        let deleted = deleted.count()?;
        let fewer = |rows: u64| Some(rows.saturating_sub(deleted));
        let _ = self
            .table
            .rows
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
        Ok(())
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

/// The number of a count.
const fn number(count: Count) -> u64 {
    match count {
        Count::Exactly(rows) | Count::AtLeast(rows) => rows,
    }
}

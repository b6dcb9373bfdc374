//! SQLite through plain rusqlite.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, ensure};
use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::{Rows, Tally};

const INSERT: &str = "INSERT INTO tallies (id, owner, name, version, balance, remark) \
    VALUES (?, ?, ?, ?, ?, ?)";
const FIND: &str = "SELECT id, owner, name, version, balance, remark FROM tallies WHERE id = ?";
const UPDATE: &str = "UPDATE tallies SET balance = balance - 1, version = version + 1 \
    WHERE id = ? AND balance >= 1";

/// A connection with the durability that the library has, and a cache as large as the library's.
fn open(url: &str) -> Result<Connection> {
    let connection = Connection::open(url.trim_start_matches("sqlite:"))?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "cache_size", -64 * 1024)?;
    connection.busy_timeout(std::time::Duration::from_secs(30))?;
    Ok(connection)
}

fn insert(connection: &Connection, id: i64) -> Result<()> {
    let row = Tally::new(id);
    let mut statement = connection.prepare_cached(INSERT)?;
    statement.execute(params![
        row.id,
        row.owner,
        row.name,
        row.version,
        row.balance,
        row.remark
    ])?;
    Ok(())
}

fn find(connection: &Connection, id: i64) -> Result<()> {
    let mut statement = connection.prepare_cached(FIND)?;
    let found = statement.query_row([id], |row| {
        Ok(Tally {
            id: row.get(0)?,
            owner: row.get(1)?,
            name: row.get(2)?,
            version: row.get(3)?,
            balance: row.get(4)?,
            remark: row.get(5)?,
        })
    })?;
    ensure!(std::hint::black_box(found).id == id);
    Ok(())
}

fn update(connection: &Connection, id: i64) -> Result<()> {
    let done = connection.prepare_cached(UPDATE)?.execute([id])?;
    ensure!(done == 1);
    Ok(())
}

fn transaction(connection: &mut Connection, new: i64, id: i64) -> Result<()> {
    let behavior = rusqlite::TransactionBehavior::Immediate;
    let tx = connection.transaction_with_behavior(behavior)?;
    insert(&tx, new)?;
    update(&tx, id)?;
    find(&tx, id)?;
    Ok(tx.commit()?)
}

/// As in an async service: one connection, and threads that wait for it.
pub(super) struct Blocking(Arc<Mutex<Connection>>);

impl Blocking {
    pub(super) fn open(url: &str) -> Result<Self> {
        Ok(Self(Arc::new(Mutex::new(open(url)?))))
    }

    async fn run(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let connection = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await?
    }
}

#[async_trait]
impl Rows for Blocking {
    fn name(&self) -> &'static str {
        "rusqlite by hand, spawn_blocking"
    }

    async fn insert(&self, id: i64) -> Result<()> {
        self.run(move |connection| insert(connection, id)).await
    }

    async fn find(&self, id: i64) -> Result<()> {
        self.run(move |connection| find(connection, id)).await
    }

    async fn update(&self, id: i64) -> Result<()> {
        self.run(move |connection| update(connection, id)).await
    }

    async fn transaction(&self, new: i64, id: i64) -> Result<()> {
        self.run(move |connection| transaction(connection, new, id))
            .await
    }
}

/// On the caller's thread, which is blocked meanwhile.
pub(super) struct Plain(Mutex<Connection>);

impl Plain {
    pub(super) fn open(url: &str) -> Result<Self> {
        Ok(Self(Mutex::new(open(url)?)))
    }

    fn run(&self, work: impl FnOnce(&mut Connection) -> Result<()>) -> Result<()> {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Rows for Plain {
    fn name(&self) -> &'static str {
        "rusqlite by hand"
    }

    fn is_single(&self) -> bool {
        true
    }

    async fn insert(&self, id: i64) -> Result<()> {
        self.run(|connection| insert(connection, id))
    }

    async fn find(&self, id: i64) -> Result<()> {
        self.run(|connection| find(connection, id))
    }

    async fn update(&self, id: i64) -> Result<()> {
        self.run(|connection| update(connection, id))
    }

    async fn transaction(&self, new: i64, id: i64) -> Result<()> {
        self.run(|connection| transaction(connection, new, id))
    }
}

//! The library.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use futures_util::TryStreamExt;
use genledger::usage::{IpPolicy, UsageLog, UsageLogs, UsageRollupSet};
use genledger_contract::query::Count;
use genledger_contract::statement::{Direction, OrderBy, Predicate, Select};
use genledger_contract::{Cursor, Entity, Filter, Query, RowOutcome, SessionExt, Store, StoreExt};
use genledger_mysql::MySqlStore;
use genledger_postgres::PgStore;
use genledger_sqlite::SqliteStore;
use serde_json::json;
use tokio::sync::OnceCell;

use crate::database::Database;
use peers::LogRow;
use peers::Writer;

/// Connects with the default settings.
pub(crate) async fn connect(database: Database, url: &str) -> Result<Arc<dyn Store>> {
    Ok(match database {
        Database::Postgres => Arc::new(PgStore::connect(url.parse()?).await?),
        Database::Mariadb | Database::Mysql => Arc::new(MySqlStore::connect(url.parse()?).await?),
        Database::Sqlite => Arc::new(SqliteStore::connect(url.parse()?).await?),
    })
}

/// The entity of a row.
fn entity(row: &LogRow) -> Result<UsageLog> {
    let log: UsageLog = serde_json::from_value(json!({
        "id": row.id,
        "user_id": row.user_id,
        "created_at": row.created_at,
        "type": row.kind,
        "content": row.content,
        "username": row.username,
        "token_name": row.token_name,
        "model_name": row.model_name,
        "quota": row.quota,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "use_time": row.use_time,
        "is_stream": row.is_stream,
        "channel": row.channel_id,
        "token_id": row.token_id,
        "group": row.group,
        "ip": row.ip,
        "request_id": row.request_id,
        "other": row.other,
    }))?;
    // All users opted in, so that the row is that of the other contenders.
    Ok(log.with_privacy(&IpPolicy::opted_in(|_| true)))
}

/// The entities of rows.
pub(crate) fn entities(rows: &[LogRow]) -> Result<Vec<UsageLog>> {
    rows.iter().map(entity).collect()
}

/// How rows are written.
enum Verb {
    InsertIfAbsent,
    Append,
    AppendWith(Vec<UsageRollupSet>),
}

/// `insert_if_absent`, or `append_many` with or without roll-ups.
pub(crate) struct InsertIfAbsent {
    database: Database,
    url: String,
    verb: Verb,
    store: OnceCell<Arc<dyn Store>>,
}

impl InsertIfAbsent {
    pub(crate) fn new(database: Database, url: &str) -> Self {
        Self {
            database,
            url: url.to_owned(),
            verb: Verb::InsertIfAbsent,
            store: OnceCell::new(),
        }
    }

    pub(crate) fn with_rollups(database: Database, url: &str) -> Self {
        Self::with_sets(database, url, &UsageRollupSet::DEFAULT)
    }

    pub(crate) fn with_sets(database: Database, url: &str, sets: &[UsageRollupSet]) -> Self {
        Self {
            verb: Verb::AppendWith(sets.to_vec()),
            ..Self::new(database, url)
        }
    }

    /// The verb of the domain, which also checks the rules of each log.
    pub(crate) fn append_many(database: Database, url: &str) -> Self {
        Self {
            verb: Verb::Append,
            ..Self::new(database, url)
        }
    }
}

impl Writer for InsertIfAbsent {
    type Session = Arc<dyn Store>;
    type Batch = Vec<UsageLog>;

    async fn open(&self, callers: usize) -> Result<Vec<Arc<dyn Store>>> {
        let connect = || connect(self.database, &self.url);
        let store = match self.database {
            // Each round has another file.
            Database::Sqlite => connect().await?,
            _ => Arc::clone(self.store.get_or_try_init(connect).await?),
        };
        Ok(vec![store; callers])
    }

    fn batch(&self, rows: &[LogRow]) -> Result<Vec<UsageLog>> {
        entities(rows)
    }

    async fn write(&self, store: &mut Arc<dyn Store>, rows: Vec<UsageLog>) -> Result<()> {
        let logs = || UsageLogs::new(Arc::clone(store));
        let outcomes = match &self.verb {
            Verb::InsertIfAbsent => store.session().insert_if_absent(&rows).await?,
            Verb::Append => logs().append_many(&rows).await?,
            Verb::AppendWith(sets) => {
                let logs = logs().with_rollup_sets(sets.iter().copied());
                logs.append_many(&rows).await?
            }
        };
        ensure!(outcomes.iter().all(|outcome| *outcome == RowOutcome::New));
        Ok(())
    }

    async fn close(&self, sessions: Vec<Arc<dyn Store>>) -> Result<()> {
        if let (Database::Sqlite, Some(store)) = (self.database, sessions.first()) {
            store.close().await;
        }
        Ok(())
    }
}

/// The newest rows in one select: the same statement that the others send.
pub(crate) async fn newest(store: &dyn Store, rows: usize) -> Result<usize> {
    let mut select = Select::all_columns(UsageLog::TABLE, Predicate::True);
    select.order = ["created_at", "id"]
        .iter()
        .filter_map(|name| {
            UsageLog::TABLE
                .columns
                .iter()
                .position(|column| column.name == *name)
        })
        .map(|column| OrderBy {
            column,
            direction: Direction::Descending,
        })
        .collect();
    select.limit = Some(u64::try_from(rows)?);
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut entities = Vec::new();
    let visitor = Box::new(move |row: &dyn genledger_contract::row::RowReader| {
        entities.push(UsageLog::read(row)?);
        if entities.len() == rows {
            // Returned to the caller as one vector, after the last row.
            let _ = sender.send(std::mem::take(&mut entities));
        }
        Ok(())
    });
    store.session().select(select, visitor).await?;
    Ok(receiver.try_recv().map_or(0, |entities| entities.len()))
}

/// The newest rows as a stream of pages of 1,000, as an application reads them.
pub(crate) async fn streamed(store: &Arc<dyn Store>, rows: usize) -> Result<usize> {
    let query = listing(None).page_size(1000);
    let mut stream = store.stream(query);
    let mut entities = Vec::new();
    while entities.len() < rows {
        match stream.try_next().await? {
            Some(entity) => entities.push(entity),
            None => break,
        }
    }
    Ok(entities.len())
}

/// The log, newest first: all rows, or those of one user.
fn listing(user: Option<i64>) -> Query<UsageLog> {
    Query::matching(filter(user)).order_by([UsageLog::CREATED_AT.desc(), UsageLog::ID.desc()])
}

fn filter(user: Option<i64>) -> Filter<UsageLog> {
    user.map_or_else(Filter::all, |user| UsageLog::USER_ID.eq(user))
}

/// The cursor after this many rows, found by reading all pages up to it.
pub(crate) async fn walk(store: &dyn Store, user: Option<i64>, depth: usize) -> Result<Cursor> {
    let session = store.session();
    let mut cursor = None;
    let mut done = 0;
    while done < depth {
        let size = (depth - done).min(1000);
        let query = listing(user)
            .page_size(u32::try_from(size)?)
            .after_maybe(cursor);
        let page = session.page(&query).await?;
        done += page.items.len();
        cursor = Some(page.next.context("the table ends before the depth")?);
    }
    cursor.context("the depth is 0")
}

/// The page after a cursor.
pub(crate) async fn page(
    store: &dyn Store,
    user: Option<i64>,
    size: usize,
    cursor: Option<Cursor>,
) -> Result<usize> {
    let query = listing(user)
        .page_size(u32::try_from(size)?)
        .after_maybe(cursor);
    Ok(store.session().page(&query).await?.items.len())
}

/// The number of rows, counted no further than 10,001.
pub(crate) async fn count(store: &dyn Store, user: Option<i64>) -> Result<Count> {
    Ok(store.session().count(filter(user), 10_001).await?)
}

//! PostgreSQL through plain sqlx.

use std::sync::{Arc, OnceLock};

use anyhow::Result;
use sqlx::postgres::{PgArguments, PgPoolOptions};
use sqlx::{Arguments, AssertSqlSafe, PgPool, query_with};

use crate::row::{COLUMNS, LogRow};
use crate::writer::Writer;
use crate::{bind_row, columns};

/// A pool whose connections are open already.
pub async fn pool(url: &str, connections: usize) -> Result<PgPool> {
    let connections = u32::try_from(connections)?;
    Ok(PgPoolOptions::new()
        .min_connections(connections)
        .max_connections(connections)
        .test_before_acquire(false)
        .connect(url)
        .await?)
}

/// Sessions of one pool, kept from round to round.
pub struct Sessions {
    url: String,
    pool: tokio::sync::OnceCell<PgPool>,
}

impl Sessions {
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            pool: tokio::sync::OnceCell::new(),
        }
    }

    pub(crate) async fn open(&self, callers: usize) -> Result<Vec<PgPool>> {
        let pool = self
            .pool
            .get_or_try_init(|| pool(&self.url, callers))
            .await?;
        Ok(vec![pool.clone(); callers])
    }
}

/// INSERT … VALUES of many rows.
pub struct Values(pub Sessions);

impl Writer for Values {
    type Session = PgPool;
    type Batch = (Arc<str>, Vec<LogRow>);

    async fn open(&self, callers: usize) -> Result<Vec<PgPool>> {
        self.0.open(callers).await
    }

    fn batch(&self, rows: &[LogRow]) -> Result<Self::Batch> {
        let row = |index: usize| {
            let first = index * COLUMNS.len() + 1;
            let last = first + COLUMNS.len() - 1;
            let marks: Vec<String> = (first..=last)
                .map(|mark| match mark {
                    mark if mark == last => format!("${mark}::json"),
                    mark => format!("${mark}"),
                })
                .collect();
            format!("({})", marks.join(", "))
        };
        let values: Vec<String> = (0..rows.len()).map(row).collect();
        let sql = format!(
            "INSERT INTO logs ({}) VALUES {}",
            columns('"'),
            values.join(", ")
        );
        Ok((sql.into(), rows.to_vec()))
    }

    async fn write(&self, session: &mut PgPool, (sql, rows): Self::Batch) -> Result<()> {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for row in &rows {
            query = bind_row!(query, row);
        }
        query.execute(&*session).await?;
        Ok(())
    }
}

/// INSERT … SELECT FROM UNNEST of one array for each column.
pub struct Unnest(pub Sessions);

/// The types of the arrays, in the order of the columns.
const ARRAYS: [&str; 19] = [
    "bigint", "bigint", "bigint", "smallint", "text", "text", "text", "text", "bigint", "bigint",
    "bigint", "integer", "boolean", "bigint", "bigint", "text", "text", "text", "text",
];

fn unnest() -> &'static str {
    static SQL: OnceLock<String> = OnceLock::new();
    SQL.get_or_init(|| {
        let arrays: Vec<String> = ARRAYS
            .iter()
            .enumerate()
            .map(|(index, array)| format!("${}::{array}[]", index + 1))
            .collect();
        let names = columns('"');
        let selected = names.replace("\"other\"", "\"other\"::json");
        format!(
            "INSERT INTO logs ({names}) SELECT {selected} FROM UNNEST({}) AS rows ({names})",
            arrays.join(", ")
        )
    })
}

impl Writer for Unnest {
    type Session = PgPool;
    type Batch = Vec<LogRow>;

    async fn open(&self, callers: usize) -> Result<Vec<PgPool>> {
        self.0.open(callers).await
    }

    fn batch(&self, rows: &[LogRow]) -> Result<Self::Batch> {
        Ok(rows.to_vec())
    }

    async fn write(&self, session: &mut PgPool, rows: Self::Batch) -> Result<()> {
        let mut arrays = PgArguments::default();
        macro_rules! add {
            (text $($field:ident)+) => {
                $(
                    let values: Vec<&str> = rows.iter().map(|row| row.$field.as_str()).collect();
                    arrays.add(values).map_err(anyhow::Error::from_boxed)?;
                )+
            };
            (option $($field:ident)+) => {
                $(
                    let values: Vec<Option<&str>> =
                        rows.iter().map(|row| row.$field.as_deref()).collect();
                    arrays.add(values).map_err(anyhow::Error::from_boxed)?;
                )+
            };
            ($($field:ident)+) => {
                $(
                    let values: Vec<_> = rows.iter().map(|row| row.$field).collect();
                    arrays.add(values).map_err(anyhow::Error::from_boxed)?;
                )+
            };
        }
        add!(id user_id created_at kind);
        add!(text content username token_name model_name);
        add!(quota prompt_tokens completion_tokens use_time is_stream channel_id token_id);
        add!(text group);
        add!(option ip request_id);
        add!(text other);
        query_with(unnest(), arrays).execute(&*session).await?;
        Ok(())
    }
}

/// A transaction for every row, as in most gateways.
pub struct RowAtATime {
    sessions: Sessions,
    sql: Arc<str>,
}

impl RowAtATime {
    pub fn new(url: &str) -> Self {
        let marks: Vec<String> = (1..=COLUMNS.len()).map(|mark| format!("${mark}")).collect();
        let sql = format!(
            "INSERT INTO logs ({}) VALUES ({}::json) RETURNING id",
            columns('"'),
            marks.join(", ")
        );
        Self {
            sessions: Sessions::new(url),
            sql: sql.into(),
        }
    }
}

impl Writer for RowAtATime {
    type Session = PgPool;
    type Batch = Vec<LogRow>;

    async fn open(&self, callers: usize) -> Result<Vec<PgPool>> {
        self.sessions.open(callers).await
    }

    fn batch(&self, rows: &[LogRow]) -> Result<Self::Batch> {
        Ok(rows.to_vec())
    }

    async fn write(&self, session: &mut PgPool, rows: Self::Batch) -> Result<()> {
        for row in &rows {
            let mut transaction = session.begin().await?;
            let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(Arc::clone(&self.sql)));
            bind_row!(query, row).fetch_one(&mut *transaction).await?;
            transaction.commit().await?;
        }
        Ok(())
    }
}

/// Reads rows and returns their number.
///
/// # Errors
/// Those of the database.
pub async fn select(pool: &PgPool, sql: &Arc<str>) -> Result<usize> {
    let query = sqlx::query_as::<_, LogRow>(AssertSqlSafe(Arc::clone(sql)));
    Ok(query.fetch_all(pool).await?.len())
}

/// Reads a number.
///
/// # Errors
/// Those of the database.
pub async fn number(pool: &PgPool, sql: &Arc<str>) -> Result<i64> {
    let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(Arc::clone(sql)));
    Ok(query.fetch_one(pool).await?)
}

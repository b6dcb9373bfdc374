//! PostgreSQL through diesel-async.

use std::io::Write as _;

use anyhow::Result;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Json;
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::diesel_model::model;
use crate::row::LogRow;
use crate::writer::Writer;

/// JSON as its own text: what Diesel offers for it would parse and print it.
#[derive(Clone, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Json)]
pub struct JsonText(String);

impl From<String> for JsonText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl ToSql<Json, Pg> for JsonText {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Json, Pg> for JsonText {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(String::from_utf8(value.as_bytes().to_vec())?))
    }
}

model!(Json, JsonText);

/// Connects.
pub async fn connect(url: &str) -> Result<AsyncPgConnection> {
    Ok(AsyncPgConnection::establish(url).await?)
}

/// `insert_into(…).values(&many)`.
pub struct Insert {
    pub url: String,
}

impl Writer for Insert {
    type Session = AsyncPgConnection;
    type Batch = Vec<Log>;

    async fn open(&self, callers: usize) -> Result<Vec<AsyncPgConnection>> {
        let mut sessions = Vec::new();
        for _ in 0..callers {
            sessions.push(connect(&self.url).await?);
        }
        Ok(sessions)
    }

    fn batch(&self, rows: &[LogRow]) -> Result<Vec<Log>> {
        Ok(rows.iter().map(Log::from).collect())
    }

    async fn write(&self, session: &mut AsyncPgConnection, rows: Vec<Log>) -> Result<()> {
        let insert = diesel::insert_into(logs::table).values(&rows);
        insert.execute(session).await?;
        Ok(())
    }
}

/// Reads the newest rows and answers how many they were.
///
/// # Errors
/// Those of the database.
pub async fn newest(connection: &mut AsyncPgConnection, rows: i64) -> Result<usize> {
    let query = logs::table
        .order((logs::created_at.desc(), logs::id.desc()))
        .limit(rows);
    Ok(query.load::<Log>(connection).await?.len())
}

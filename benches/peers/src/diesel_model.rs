//! The table for Diesel, with the type of the column `other`.

/// Makes the table and its struct.
macro_rules! model {
    ($sql:ident, $other:ty) => {
        diesel::table! {
            logs (id) {
                id -> BigInt,
                user_id -> BigInt,
                created_at -> BigInt,
                #[sql_name = "type"]
                kind -> SmallInt,
                content -> Text,
                username -> Text,
                token_name -> Text,
                model_name -> Text,
                quota -> BigInt,
                prompt_tokens -> BigInt,
                completion_tokens -> BigInt,
                use_time -> Integer,
                is_stream -> Bool,
                channel_id -> BigInt,
                token_id -> BigInt,
                group -> Text,
                ip -> Nullable<Text>,
                request_id -> Nullable<Text>,
                other -> $sql,
            }
        }

        /// A row.
        #[derive(Clone, Debug, diesel::Insertable, diesel::Queryable)]
        #[diesel(table_name = logs)]
        pub struct Log {
            id: i64,
            user_id: i64,
            created_at: i64,
            kind: i16,
            content: String,
            username: String,
            token_name: String,
            model_name: String,
            quota: i64,
            prompt_tokens: i64,
            completion_tokens: i64,
            use_time: i32,
            is_stream: bool,
            channel_id: i64,
            token_id: i64,
            group: String,
            ip: Option<String>,
            request_id: Option<String>,
            other: $other,
        }

        impl From<&crate::row::LogRow> for Log {
            fn from(row: &crate::row::LogRow) -> Self {
                let row = row.clone();
                Self {
                    id: row.id,
                    user_id: row.user_id,
                    created_at: row.created_at,
                    kind: row.kind,
                    content: row.content,
                    username: row.username,
                    token_name: row.token_name,
                    model_name: row.model_name,
                    quota: row.quota,
                    prompt_tokens: row.prompt_tokens,
                    completion_tokens: row.completion_tokens,
                    use_time: row.use_time,
                    is_stream: row.is_stream,
                    channel_id: row.channel_id,
                    token_id: row.token_id,
                    group: row.group,
                    ip: row.ip,
                    request_id: row.request_id,
                    other: row.other.into(),
                }
            }
        }
    };
}
pub(crate) use model;

/// The writer and the reader of a server, over the `Log` of [`model`].
macro_rules! on_server {
    ($connection:ty) => {
        /// Connects.
        pub async fn connect(url: &str) -> anyhow::Result<$connection> {
            Ok(<$connection as diesel_async::AsyncConnection>::establish(url).await?)
        }

        /// `insert_into(…).values(&many)`.
        pub struct Insert {
            pub url: String,
        }

        impl crate::writer::Writer for Insert {
            type Session = $connection;
            type Batch = Vec<Log>;

            async fn open(&self, callers: usize) -> anyhow::Result<Vec<$connection>> {
                let mut sessions = Vec::new();
                for _ in 0..callers {
                    sessions.push(connect(&self.url).await?);
                }
                Ok(sessions)
            }

            fn batch(&self, rows: &[crate::row::LogRow]) -> anyhow::Result<Vec<Log>> {
                Ok(rows.iter().map(Log::from).collect())
            }

            async fn write(&self, session: &mut $connection, rows: Vec<Log>) -> anyhow::Result<()> {
                let insert = diesel::insert_into(logs::table).values(&rows);
                diesel_async::RunQueryDsl::execute(insert, session).await?;
                Ok(())
            }
        }

        /// Reads the newest rows and returns their number.
        ///
        /// # Errors
        /// Those of the database.
        pub async fn newest(connection: &mut $connection, rows: i64) -> anyhow::Result<usize> {
            use diesel::{ExpressionMethods as _, QueryDsl as _};

            let query = logs::table
                .order((logs::created_at.desc(), logs::id.desc()))
                .limit(rows);
            let rows: Vec<Log> = diesel_async::RunQueryDsl::load(query, connection).await?;
            Ok(rows.len())
        }
    };
}
pub(crate) use on_server;

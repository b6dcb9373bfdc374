//! A usage log for the peers: a plain struct of the table's 19 columns.

/// The names of the columns in the order of the struct, as every contender lists them.
pub const COLUMNS: [&str; 19] = [
    "id",
    "user_id",
    "created_at",
    "type",
    "content",
    "username",
    "token_name",
    "model_name",
    "quota",
    "prompt_tokens",
    "completion_tokens",
    "use_time",
    "is_stream",
    "channel_id",
    "token_id",
    "group",
    "ip",
    "request_id",
    "other",
];

/// One row.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct LogRow {
    pub id: i64,
    pub user_id: i64,
    pub created_at: i64,
    #[sqlx(rename = "type")]
    pub kind: i16,
    pub content: String,
    pub username: String,
    pub token_name: String,
    pub model_name: String,
    pub quota: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    pub use_time: i32,
    pub is_stream: bool,
    pub channel_id: i64,
    pub token_id: i64,
    pub group: String,
    pub ip: Option<String>,
    pub request_id: Option<String>,
    pub other: String,
}

//! One usage log as the peers have it: a plain struct of the table's 19 columns.

/// The names of the columns in the order of the struct, as every contender lists them.
pub(crate) const COLUMNS: [&str; 19] = [
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
pub(crate) struct LogRow {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) created_at: i64,
    #[sqlx(rename = "type")]
    pub(crate) kind: i32,
    pub(crate) content: String,
    pub(crate) username: String,
    pub(crate) token_name: String,
    pub(crate) model_name: String,
    pub(crate) quota: i64,
    pub(crate) prompt_tokens: i64,
    pub(crate) completion_tokens: i64,
    pub(crate) use_time: i32,
    pub(crate) is_stream: bool,
    pub(crate) channel_id: i64,
    pub(crate) token_id: i64,
    pub(crate) group: String,
    pub(crate) ip: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) other: String,
}

//! The checksum of the table after a contender ran: computed by the database, and in Rust.

use anyhow::{Result, ensure};

use peers::LogRow;

/// A count and sums over every kind of column. NULL counts as the empty text, since the shell of
/// SQLite cannot import NULL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Checksum {
    pub(crate) count: i64,
    pub(crate) ids: i64,
    pub(crate) numbers: i64,
    pub(crate) streams: i64,
    pub(crate) texts: i64,
    pub(crate) others: i64,
}

impl Checksum {
    /// The checksum of these rows.
    pub(crate) fn of(rows: &[LogRow]) -> Self {
        let mut sum = Self::default();
        for row in rows {
            let texts = [
                row.content.as_str(),
                &row.username,
                &row.token_name,
                &row.model_name,
                &row.group,
                row.ip.as_deref().unwrap_or_default(),
                row.request_id.as_deref().unwrap_or_default(),
            ];
            sum.count += 1;
            sum.ids += row.id % 1_000_003;
            sum.numbers += row.user_id
                + row.created_at % 1009
                + i64::from(row.kind)
                + row.quota
                + row.prompt_tokens
                + row.completion_tokens
                + i64::from(row.use_time)
                + row.channel_id
                + row.token_id;
            sum.streams += i64::from(row.is_stream);
            sum.texts += texts.into_iter().map(characters).sum::<i64>();
            sum.others += characters(&row.other);
        }
        sum
    }

    /// The query that computes it, with the functions and quotes of a dialect.
    pub(crate) fn query(length: &str, big: &str, group: &str, other: &str, stream: &str) -> String {
        let texts: Vec<String> = [
            "content",
            "username",
            "token_name",
            "model_name",
            group,
            "coalesce(ip, '')",
            "coalesce(request_id, '')",
        ]
        .iter()
        .map(|text| format!("{length}({text})"))
        .collect();
        let sum = |what: &str| format!("CAST(coalesce(sum({what}), 0) AS {big})");
        format!(
            "SELECT count(*) AS count, {} AS ids, {} AS numbers, {} AS streams, {} AS texts, \
             {} AS others FROM logs",
            sum("id % 1000003"),
            sum(
                "user_id + created_at % 1009 + type + quota + prompt_tokens + completion_tokens \
                 + use_time + channel_id + token_id"
            ),
            sum(stream),
            sum(&texts.join(" + ")),
            sum(&format!("{length}({other})")),
        )
    }

    /// Fails when the checksum of the table differs.
    pub(crate) fn check(self, expected: Self) -> Result<()> {
        ensure!(
            self == expected,
            "the table holds {self:?}, not {expected:?}"
        );
        Ok(())
    }
}

fn characters(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

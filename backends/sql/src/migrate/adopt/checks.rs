//! Rows of an adopted table that are kept as they are, and reported.

use std::sync::Arc;

use genledger_contract::Result;
use genledger_contract::schema::{Adoption, Expects};
use genledger_contract::table::{Code, ColumnDef, ColumnType};
use uuid::Uuid;

use super::corrections::as_text;
use super::findings::{id_text, record_one};
use super::found::Found;
use super::names::quote;
use crate::connection::{Connection, Param};
use crate::dialect::Dialect;
use crate::migrate::history::text;

/// The checks of the rows between two keys.
pub(super) struct Checks {
    all: Vec<Check>,
    columns: Vec<ColumnDef>,
    select: Arc<str>,
}

struct Check {
    rule: Rule,
    record: Arc<str>,
}

/// What is expected of a value.
#[derive(Clone, Copy)]
enum Rule {
    Known(&'static ColumnDef),
    Uuid,
    Stated(Expects),
}

impl Rule {
    fn allows(self, value: &str) -> bool {
        match self {
            Self::Known(column) => column.codes.iter().any(|one| match one.code {
                Code::Integer(code) => value.parse() == Ok(code),
                Code::Text(code) => value == code,
            }),
            Self::Uuid => {
                let mut buffer = Uuid::encode_buffer();
                let id: Option<Uuid> = value.parse().ok();
                id.is_some_and(|id| id.hyphenated().encode_lower(&mut buffer) == value)
            }
            Self::Stated(expects) => expects.allows(value),
        }
    }
}

impl Checks {
    pub(super) fn of(
        dialect: &'static Dialect,
        adoption: &'static Adoption,
        found: &Found,
        between: &str,
    ) -> Option<Self> {
        const TEXT: ColumnDef = ColumnDef {
            nullable: true,
            ..ColumnDef::new("text", ColumnType::LongText)
        };
        let columns = found.described(adoption).map(|(column, _)| column);
        let of_type = columns.filter_map(|column| match column.column_type {
            _ if !adoption.reports => None,
            _ if !column.codes.is_empty() => {
                Some((column.name, "unrecognized_code", Rule::Known(column)))
            }
            ColumnType::Uuid(_) => Some((column.name, "not_a_uuid", Rule::Uuid)),
            _ => None,
        });
        let stated = adoption.checks.iter();
        let stated = stated.map(|one| (one.column, one.rule, Rule::Stated(one.expects)));
        let rules: Vec<_> = of_type.chain(stated).collect();
        if rules.is_empty() {
            return None;
        }
        let values: Vec<String> = rules
            .iter()
            .map(|(column, ..)| as_text(dialect, &quote(dialect, column)))
            .collect();
        Some(Self {
            columns: vec![TEXT; rules.len() + 1],
            select: format!(
                "SELECT {}, {} FROM {} WHERE {between}",
                id_text(dialect, adoption),
                values.join(", "),
                quote(dialect, adoption.table.name)
            )
            .into(),
            all: rules
                .into_iter()
                .map(|(column, name, rule)| Check {
                    rule,
                    record: record_one(dialect, adoption, column, name),
                })
                .collect(),
        })
    }

    pub(super) async fn run(
        &self,
        connection: &mut dyn Connection,
        between: &[Param<'_>],
    ) -> Result<()> {
        let mut violations = Vec::new();
        connection
            .query(&self.select, between, &self.columns, &mut |row| {
                for (index, check) in self.all.iter().enumerate() {
                    // A text that cannot be read is none that is expected.
                    let allows = match row.text(index + 1) {
                        Ok(value) => value.is_none_or(|value| check.rule.allows(value)),
                        Err(_) => false,
                    };
                    if !allows {
                        violations.push((row.text(0)?.unwrap_or_default().to_owned(), index));
                    }
                }
                Ok(())
            })
            .await?;
        for (id, index) in violations {
            connection
                .execute(&self.all[index].record, &[text(&id)])
                .await?;
        }
        Ok(())
    }
}

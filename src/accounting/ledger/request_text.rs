//! The canonical text of a request, by which its repetition is recognised.

use std::fmt::Display;

use genledger_contract::{Entity, Error, ErrorKind, Result};

use super::operation::Head;
use crate::accounting::digest::escaped;
use crate::accounting::{BalanceEntry, Bucket, EntryKind, Quantities};

/// The first line.
const VERSION: &str = "genledger-request/1";

/// What quantities begin with.
const QUANTITY: &str = "q.";

/// The fields in their order; `q.` is each of the buckets.
const ORDER: [&str; 25] = [
    "operation",
    "customer",
    "key",
    "currency",
    "record",
    "seq",
    "amount",
    "max",
    QUANTITY,
    "ttl",
    "overrun",
    "late",
    "debt",
    "limit",
    "status",
    "delta",
    "llmid",
    "model",
    "price",
    "transno",
    "retry",
    "reason",
    "task",
    "lease",
    "log",
];

/// The place of a field, and that of a bucket in it. Fields of newer versions come last.
fn place(name: &str) -> (usize, usize) {
    let (field, bucket) = match name.strip_prefix(QUANTITY) {
        Some(bucket) => (QUANTITY, Bucket::from_name(bucket)),
        None => (name, None),
    };
    let of_field = ORDER.iter().position(|one| *one == field);
    let of_bucket = bucket.map_or(Bucket::ALL.len(), Bucket::index);
    (of_field.unwrap_or(ORDER.len()), of_bucket)
}

/// The fields of a request that are given and not the default.
#[derive(Debug)]
pub(super) struct RequestText(Vec<(String, String)>);

impl RequestText {
    pub(super) fn new(kind: &EntryKind, head: &Head) -> Self {
        let mut text = Self(Vec::with_capacity(12));
        text.field("operation", kind.as_str());
        text.field("customer", &head.customer_id);
        text.field("key", &head.key);
        text.field("currency", head.currency.code());
        text
    }

    pub(super) fn field(&mut self, name: &str, value: impl Display) {
        self.0.push((name.to_owned(), escaped(&value.to_string())));
    }

    pub(super) fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.field(name, value);
        }
    }

    pub(super) fn quantities(&mut self, quantities: &Quantities) {
        for bucket in quantities.used() {
            self.field(&format!("{QUANTITY}{bucket}"), quantities.get(bucket));
        }
    }

    /// The text.
    pub(super) fn finish(mut self) -> String {
        self.0.sort_by_key(|(name, _)| place(name));
        let mut text = format!("{VERSION}\n");
        for (name, value) in self.0 {
            text.push_str(&format!("{name}={value}\n"));
        }
        text
    }
}

/// The error of a request whose key was used for another one, which names the first field that differs.
pub(super) fn conflict(stored: &str, request: &str) -> Error {
    let field = match first_difference(stored, request) {
        Ok(field) => field,
        Err(error) => return error,
    };
    let message = "the key was used for another request";
    Error::new(ErrorKind::UniqueViolation, message)
        .with_table(BalanceEntry::TABLE.name)
        .with_column(field)
}

fn first_difference(stored: &str, request: &str) -> Result<String> {
    let (stored, request) = (fields(stored)?, fields(request)?);
    let only_in = |these: &[Field<'_>], those: &[Field<'_>]| {
        let differs = these.iter().filter(|field| !those.contains(field));
        differs
            .map(|(name, _)| (place(name), name.to_string()))
            .min()
    };
    let first = only_in(&stored, &request)
        .into_iter()
        .chain(only_in(&request, &stored))
        .min();
    let name = first.map_or_else(|| "request".to_owned(), |(_, name)| name);
    Ok(match name.strip_prefix(QUANTITY) {
        Some(bucket) => format!("quantities.{bucket}"),
        None => name,
    })
}

/// The name and the value of a field.
type Field<'a> = (&'a str, &'a str);

fn fields(text: &str) -> Result<Vec<Field<'_>>> {
    let corrupt = || {
        let error = Error::corrupt("the text of a request is not one that this version knows");
        error.with_table(BalanceEntry::TABLE.name)
    };
    let lines = text
        .strip_prefix(VERSION)
        .and_then(|rest| rest.strip_prefix('\n'));
    let lines = lines.ok_or_else(corrupt)?.lines();
    lines
        .map(|line| line.split_once('=').ok_or_else(corrupt))
        .collect()
}

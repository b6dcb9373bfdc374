//! The fields of a request, as a conflict compares them.

use std::collections::BTreeMap;

use super::{Asks, Op, What, name, named};

/// The names and values by their places.
pub(super) type Fields = BTreeMap<usize, (String, String)>;

/// The fields of a request by their places, with the names that a conflict has.
pub(super) fn fields(op: &Op) -> Fields {
    let mut fields = BTreeMap::new();
    let mut put = |place: usize, name: &str, value: &dyn std::fmt::Debug| {
        fields.insert(place, (name.to_owned(), format!("{value:?}")));
    };
    put(0, "operation", &name(&op.what));
    put(3, "currency", &op.currency);
    if let Some(record) = named(&op.what) {
        put(4, "record", &record);
    }
    let mut due = |asks: &Asks| match asks {
        Asks::Amount(amount) => put(6, "amount", amount),
        Asks::Usage(input, output) => {
            for (place, name, quantity) in [
                (8, "quantities.input", input),
                (9, "quantities.output", output),
            ] {
                if *quantity != 0 {
                    put(place, name, quantity);
                }
            }
        }
    };
    match &op.what {
        What::Settle { due: asks, .. } | What::Charge { due: asks, .. } => due(asks),
        _ => {}
    }
    match &op.what {
        What::TopUp(amount) | What::Adjust(amount, _) | What::Refund(_, Some(amount)) => {
            put(6, "amount", amount);
        }
        What::Refund(_, None) => put(6, "amount", &"all"),
        What::Reverse(seq) => put(5, "seq", seq),
        What::Limit(limit) => put(14, "limit", limit),
        What::Status(status) => put(15, "status", status),
        What::Rerate(_, delta, _) => put(16, "delta", delta),
        What::Authorize { max, ttl } => {
            put(7, "max", max);
            put(10, "ttl", ttl);
        }
        _ => {}
    }
    match &op.what {
        What::Settle { overrun, .. } | What::Charge { overrun, .. } if *overrun != "refuse" => {
            put(11, "overrun", overrun);
        }
        _ => {}
    }
    match &op.what {
        What::Settle { late, .. } if *late != "refuse" => put(12, "late", late),
        What::Adjust(_, true) | What::Rerate(_, _, true) => put(13, "debt", &true),
        _ => {}
    }
    let priced = match &op.what {
        What::Settle { priced, .. } => *priced,
        What::Charge { due, .. } => matches!(due, Asks::Usage(..)),
        _ => false,
    };
    if priced {
        put(19, "price", &op.currency);
    }
    fields
}

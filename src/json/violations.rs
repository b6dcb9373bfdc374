//! The rules that a JSON object and its entries break.

use std::collections::HashSet;

use genledger_contract::Violation;
use genledger_contract::row::has_escaped_nul;

use super::key::KnownKey;
use super::object::JsonObject;
use super::scan::has_non_finite;
use super::value::is_json;

impl JsonObject {
    /// Every broken rule of an object at `path`, including those of known keys.
    pub(crate) fn violations_at(&self, path: &str, known: &[KnownKey]) -> Vec<Violation> {
        let Some(entries) = self.named_entries() else {
            return if self.is_empty() {
                Vec::new()
            } else {
                let rule = if has_non_finite(self.as_str()) {
                    "not_finite"
                } else {
                    "not_an_object"
                };
                vec![Violation::new(
                    path.to_owned(),
                    rule,
                    "is not a JSON object",
                )]
            };
        };
        let mut found = Vec::new();
        let mut seen = HashSet::with_capacity(entries.len());
        for (name, value) in entries {
            let mut refuse = |rule, message| {
                found.push(Violation::new(join(path, &name), rule, message));
            };
            if has_non_finite(value) {
                refuse(
                    "not_finite",
                    "is NaN or infinite, which JSON cannot express",
                );
            } else if !is_json(value) {
                refuse("not_json", "is not valid JSON");
            } else if name.contains('\0') || has_escaped_nul(value) {
                refuse("nul_character", "contains a NUL character");
            } else if let Some(key) = known.iter().find(|key| key.name() == name) {
                found.extend(key.violations(value).into_iter().map(|inner| {
                    let path = join(&join(path, &name), inner.path());
                    Violation::new(path, inner.rule(), inner.message().to_owned())
                }));
            }
            if let Some(first) = seen.replace(name) {
                let path = join(path, &first);
                found.push(Violation::new(path, "duplicate_key", "is present twice"));
            }
        }
        found
    }
}

fn join(path: &str, inner: &str) -> String {
    match (path, inner) {
        (path, "") => path.to_owned(),
        ("", inner) => inner.to_owned(),
        (path, inner) => format!("{path}.{inner}"),
    }
}

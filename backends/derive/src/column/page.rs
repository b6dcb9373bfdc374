//! What a column is, as a row of a table in Markdown.

use super::{FieldColumn, option_inner};
use crate::tokens::text;

impl FieldColumn {
    /// The row on the page of the entity.
    pub(crate) fn row(&self, leads: bool) -> String {
        let attribute = &self.attribute;
        let (ty, optional) = option_inner(&self.ty).map_or((&self.ty, ""), |ty| (ty, ", optional"));
        let mut rules = Vec::new();
        if let Some(declared) = &attribute.column_type {
            rules.push(declared.words());
        }
        if self.is_json() {
            rules.push("stored as JSON".to_owned());
        }
        match attribute.range {
            Some((0, i64::MAX)) => rules.push("not negative".to_owned()),
            Some((low, high)) => rules.push(format!("from {low} to {high}")),
            None => {}
        }
        if let Some(default) = &attribute.default {
            rules.push(format!("default `{}` in the database", default.words()));
        }
        if attribute.sensitive.is_some() {
            rules.push("sensitive: never shown".to_owned());
        }
        if !self.is_json() && (leads || attribute.filter.is_some()) {
            rules.push("filters may use it".to_owned());
        }
        let member = self.member.as_ref();
        let member = member.map_or("–".to_owned(), |name| format!("`{name}`"));
        let (name, ty, rules) = (&self.name, text(ty), rules.join("; "));
        format!("| `{name}` | {member} | `{ty}`{optional} | {rules} |\n")
    }
}

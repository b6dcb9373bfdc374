//! What the struct says about its table, as Markdown for the page of the struct.

use super::Entity;
use crate::name::Name;

impl Entity {
    /// The table of columns, and below it the unique keys and indexes.
    pub(super) fn page(&self) -> String {
        let attribute = &self.attribute;
        let key: Vec<&Name> = attribute.key.iter().map(|part| &part.column).collect();
        let mut text = format!(" The table `{}`, key {}", attribute.table, list(key));
        if attribute.append_only {
            text.push_str(", rows never change");
        }
        if let Some(version) = &attribute.version {
            text.push_str(&format!(", every update increments `{version}`"));
        }
        text.push_str(".\n\n| column | in JSON | type | rules |\n|---|---|---|---|\n");
        for member in &self.members {
            match (member.column(), member.embedded()) {
                (Some(column), _) => {
                    text.push_str(&column.row(attribute.leads(&column.name)));
                }
                (_, Some((_, ty))) => {
                    let ty = crate::tokens::text(ty);
                    text.push_str(&format!("| those of `{ty}` | | | |\n"));
                }
                _ => {}
            }
        }
        for unique in &attribute.unique {
            text.push_str(&format!("\nUnique: {}\n", list(&unique.columns)));
        }
        for index in &attribute.indexes {
            let columns = index.columns.iter().map(|(name, descending)| {
                let direction = if *descending { " ↓" } else { "" };
                format!("`{name}`{direction}")
            });
            let columns: Vec<String> = columns.collect();
            text.push_str(&format!("\nIndex: {}\n", columns.join(", ")));
        }
        text
    }
}

fn list<'a>(names: impl IntoIterator<Item = &'a Name>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

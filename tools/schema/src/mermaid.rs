//! ER diagrams for Mermaid.

use std::fmt::Write as _;

use genledger::contract::table::ColumnDef;
use genledger::schema::registry::{Domain, EntityDef};

use crate::of;
use crate::sections::{bases, own, shared, type_name};

/// The diagram of a domain. A base is a separate box, and its fields are not repeated.
#[must_use]
pub fn mermaid(domain: Domain) -> String {
    let entities = of(domain);
    let mut text = format!("%% {}\nerDiagram\n", domain.title());
    for base in bases(&entities) {
        boxed(
            &mut text,
            base,
            &shared(&entities, base),
            shared_key(&entities, base),
        );
    }
    for entity in &entities {
        let table = entity.table;
        boxed(
            &mut text,
            table.name,
            &own(&entities, entity),
            table.primary_key,
        );
        if let Some(base) = entity.base {
            let _ = writeln!(text, "    {base} ||--|| {} : begins", table.name);
        }
        relations(&mut text, entity);
    }
    text
}

/// The key of the entities with a base, part of which is in the box of the base.
fn shared_key(entities: &[&EntityDef], base: &str) -> &'static [&'static str] {
    let with_base = entities.iter().find(|entity| entity.base == Some(base));
    with_base.map_or(&[], |entity| entity.table.primary_key)
}

fn relations(text: &mut String, entity: &EntityDef) {
    for relation in entity.relations {
        let (one, many, column) = (relation.table, entity.table.name, relation.column);
        let _ = writeln!(text, "    {one} |o--o{{ {many} : {column}");
    }
}

fn boxed(text: &mut String, name: &str, columns: &[ColumnDef], key: &[&str]) {
    let _ = writeln!(text, "    {name} {{");
    for column in columns {
        // In Mermaid, a type is one word.
        let kind = type_name(column);
        let words = kind.split(|char: char| !char.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let kind = words.join("_");
        let key = if key.contains(&column.name) {
            " PK"
        } else {
            ""
        };
        let comment = column.description.replace('"', "'");
        let _ = writeln!(text, "        {kind} {}{key} \"{comment}\"", column.name);
    }
    text.push_str("    }\n");
}

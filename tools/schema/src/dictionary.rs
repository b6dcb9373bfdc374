//! The data dictionary: a numbered section for each table with its fields, and the codes of an enum
//! where it is used.

use std::fmt::Write as _;

use genledger::contract::table::{Code, ColumnDef};
use genledger::schema::registry::{Domain, EntityDef, NestedDef};

use crate::sections::{bases, own, shared, type_name};
use crate::{domains, of};

/// The dictionary of one domain, or of all in one text.
#[must_use]
pub fn dictionary(domain: Option<Domain>) -> String {
    match domain {
        Some(domain) => of_domain(domain),
        None => domains().map(of_domain).collect::<Vec<_>>().join("\n"),
    }
}

fn of_domain(domain: Domain) -> String {
    let entities = of(domain);
    let mut page = Page {
        text: format!("# {}\n", domain.title()),
        number: 0,
    };
    for base in bases(&entities) {
        page.heading(base, "every table of this page begins with these fields");
        let any = entities.iter().find(|entity| entity.base == Some(base));
        let name = |column: &str| any.and_then(|entity| entity.json_name(column));
        page.table(&shared(&entities, base), name);
    }
    for entity in &entities {
        page.heading(entity.name, entity.table.description);
        page.line(&about(entity));
        page.table(&own(&entities, entity), |column| entity.json_name(column));
        page.indexes(entity);
        for nested in entity.nested {
            page.nested(nested);
        }
    }
    page.text
}

/// The table, its key, and whether rows change or are deleted.
fn about(entity: &EntityDef) -> String {
    let table = entity.table;
    let key = table.primary_key.join("`, `");
    let mut about = format!("Table `{}`, key `{key}`", table.name);
    if table.append_only {
        about.push_str(", rows never change");
    }
    if let Some(column) = table.soft_delete {
        let _ = write!(about, ", deleted rows are marked in `{column}`");
    }
    if let Some(column) = table.version {
        let _ = write!(about, ", every update increments `{column}`");
    }
    about.push('.');
    for relation in entity.relations {
        let (column, table) = (relation.column, relation.table);
        let _ = write!(about, " `{column}` names rows of `{table}`.");
    }
    about
}

struct Page {
    text: String,
    number: usize,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push('\n');
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn heading(&mut self, name: &str, description: &str) {
        self.number += 1;
        let description = description.trim_end_matches('.');
        self.line(&format!("## {}. {name}: {description}", self.number));
    }

    fn table(&mut self, columns: &[ColumnDef], json: impl Fn(&str) -> Option<&'static str>) {
        if columns.is_empty() {
            return self.line("No further fields.");
        }
        self.line("| field | column | type | description |\n|---|---|---|---|");
        for column in columns {
            self.text.push_str(&row(column, json(column.name)));
        }
    }

    fn indexes(&mut self, entity: &EntityDef) {
        let mut lines = Vec::new();
        for key in entity.table.unique {
            let columns = key.columns.join("`, `");
            let live = if key.live_only {
                " of rows that are not deleted"
            } else {
                ""
            };
            lines.push(format!("- unique{live}: `{columns}`"));
        }
        for index in entity.table.indexes {
            let columns: Vec<String> = index
                .columns
                .iter()
                .map(|column| {
                    let direction = if column.descending { " ↓" } else { "" };
                    format!("`{}`{direction}", column.name)
                })
                .collect();
            lines.push(format!("- index: {}", columns.join(", ")));
        }
        if !lines.is_empty() {
            self.line(&lines.join("\n"));
        }
    }

    fn nested(&mut self, nested: &NestedDef) {
        let list = if nested.list { "a list of " } else { "" };
        let (name, column) = (nested.name, nested.column);
        self.line(&format!("### {name}: {list}JSON in `{column}`"));
        self.table(nested.members, |member| nested.json_name(member));
    }
}

fn row(column: &ColumnDef, json: Option<&str>) -> String {
    let mut kind = type_name(column);
    if column.nullable {
        kind.push_str(", optional");
    }
    let mut description = column.description.replace('|', "\\|");
    if let Some((low, high)) = column.range {
        let _ = write!(description, "<br>{low} to {high}");
    }
    if column.sensitive {
        description.push_str("<br>Shown in no log.");
    }
    for code in column.codes {
        let value = match code.code {
            Code::Integer(code) => code.to_string(),
            Code::Text(code) => code.to_owned(),
        };
        let meaning = code.description.trim_end_matches('.');
        let _ = write!(description, "<br>{}: {value} ({meaning})", code.name);
    }
    let field = json.unwrap_or("–");
    format!("| {field} | `{}` | {kind} | {description} |\n", column.name)
}

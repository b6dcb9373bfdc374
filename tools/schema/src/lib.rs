//! The registry of genledger in other forms: the output of `cargo xtask schema` and the files of
//! `docs/entities/`.

mod ddl;
mod dictionary;
mod docs;
mod json;
mod mermaid;
mod sections;
mod svg;

pub use ddl::{Indexes, ddl};
pub use dictionary::dictionary;
pub use docs::files;
pub use json::json;
pub use mermaid::mermaid;
pub use svg::svg;

use genledger::schema::registry::{Domain, EntityDef, entities};

/// The entities of a domain in order.
fn of(domain: Domain) -> Vec<&'static EntityDef> {
    let all = entities().iter();
    all.filter(|entity| entity.domain == domain).collect()
}

/// The domains that have entities.
pub fn domains() -> impl Iterator<Item = Domain> {
    Domain::ALL
        .iter()
        .copied()
        .filter(|domain| !of(*domain).is_empty())
}

//! The generated files of `docs/entities/`.

use std::fmt::Write as _;

use crate::{dictionary, domains, mermaid, svg};

/// Every file with its text: for each domain the dictionary, the picture and the diagram, and a page
/// that lists them.
#[must_use]
pub fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut index = String::from(
        "# Entities\n\nGenerated from the entities and their doc comments; a test fails when a file here \
         is out of date. Do\nnot edit; the same test writes them:\n\n\
         ```sh\nGENLEDGER_REWRITE_DOCS=1 cargo test -p genledger-schema\n```\n\n\
         | domain | dictionary | picture | Mermaid |\n|---|---|---|---|\n",
    );
    for domain in domains() {
        let name = domain.name();
        let _ = writeln!(
            index,
            "| {} | [{name}.md]({name}.md) | [{name}.svg]({name}.svg) | [{name}.mmd]({name}.mmd) |",
            domain.title(),
        );
        let page = dictionary(Some(domain));
        let (title, rest) = page.split_once('\n').unwrap_or((&page, ""));
        let page = format!("{title}\n\n![The tables]({name}.svg)\n{rest}");
        files.push((format!("{name}.md"), page));
        files.push((format!("{name}.svg"), svg(domain)));
        files.push((format!("{name}.mmd"), mermaid(domain)));
    }
    files.push(("README.md".to_owned(), index));
    files
}

//! `docs/entities/` is up to date.
//!
//! `GENLEDGER_REWRITE_DOCS=1 cargo test -p genledger-schema` writes it.

use std::path::PathBuf;

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../docs/entities"]
        .iter()
        .collect()
}

#[test]
fn the_dictionary_and_the_diagrams_are_up_to_date() {
    let rewrite = std::env::var_os("GENLEDGER_REWRITE_DOCS").is_some();
    let files = genledger_schema::files();
    if rewrite {
        std::fs::create_dir_all(folder()).unwrap();
    }
    let mut stale = Vec::new();
    for (name, expected) in &files {
        let path = folder().join(name);
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        if found == *expected {
            continue;
        }
        if rewrite {
            std::fs::write(path, expected).unwrap();
        } else {
            stale.push(name.as_str());
        }
    }
    // A file of a domain that was removed.
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if files.iter().all(|(file, _)| *file != name) {
            if rewrite {
                std::fs::remove_file(folder().join(name)).unwrap();
            } else {
                panic!("docs/entities/{name} is no longer generated");
            }
        }
    }
    assert!(
        stale.is_empty(),
        "run this test with GENLEDGER_REWRITE_DOCS=1: {stale:?} differ"
    );
}

#[test]
fn every_table_is_in_every_format() {
    use genledger::schema::registry::{Domain, entities};
    use genledger::schema::tables;
    use genledger_schema::{Indexes, ddl};
    use genledger_sql::{MYSQL, POSTGRES, SQLITE};

    let formats = [
        genledger_schema::json().unwrap(),
        genledger_schema::dictionary(None),
        ddl(&MYSQL, Indexes::Own),
        ddl(&POSTGRES, Indexes::Own),
        ddl(&SQLITE, Indexes::Own),
        ddl(&SQLITE, Indexes::Legacy),
    ];
    for table in tables() {
        for format in &formats {
            assert!(format.contains(table.name), "{}", table.name);
        }
    }
    let drawn: Vec<Domain> = genledger_schema::domains().collect();
    for entity in entities() {
        assert!(drawn.contains(&entity.domain), "{}", entity.name);
    }
    for domain in drawn {
        let pictures = [
            genledger_schema::mermaid(domain),
            genledger_schema::svg(domain),
        ];
        for entity in entities().iter().filter(|entity| entity.domain == domain) {
            for picture in &pictures {
                assert!(picture.contains(entity.table.name), "{}", entity.name);
            }
        }
        assert!(pictures[0].contains(" PK"), "{} has no key", domain.name());
    }
}

#[test]
fn the_json_is_read_back_as_the_documents_of_the_registry() {
    use genledger::schema::registry::{TableDocument, entities};

    let json = genledger_schema::json().unwrap();
    let read: Vec<TableDocument> = serde_json::from_str(&json).unwrap();
    let expected: Vec<TableDocument> = entities().iter().map(TableDocument::of).collect();
    assert_eq!(read, expected);
}

//! The allowed dependencies: the contract knows no entity, the domain knows no database, and no backend
//! knows the domain.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use genledger::schema;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The crates of the backends and of what they share.
const BACKENDS: [&str; 6] = ["sql", "sqlx", "memory", "sqlite", "postgres", "mysql"];

/// The files of the domain that may name a database: for connecting, re-exporting, and naming the SQL files.
const MAY_NAME_DATABASES: [&str; 5] = [
    "connect.rs",
    "databases.rs",
    "databases/dsn.rs",
    "backends.rs",
    "schema.rs",
];

/// The words that name a database or a driver in code.
const DATABASES: [&str; 9] = [
    "genledger_sql",
    "genledger_postgres",
    "genledger_mysql",
    "rusqlite",
    "sqlx",
    "sea_query",
    "\"sqlite\"",
    "\"postgres\"",
    "\"mysql\"",
];

/// Drivers, and the crates that contain one.
const DRIVERS: [&str; 5] = ["rusqlite", "sqlx", "sqlx-core", "diesel", "genledger-sqlx"];

/// Every Rust file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn folder(name: &str) -> PathBuf {
    Path::new(ROOT).join(name)
}

/// The code of a file without its comments: documentation may mention databases.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.starts_with("//") && !line.contains("doc ="))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The lines of a section of a manifest, as name and value.
fn entries(manifest: &Path, section: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(manifest).unwrap();
    let lines = text.lines().map(str::trim);
    lines
        .skip_while(|line| *line != format!("[{section}]"))
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let end = line.find(['=', '.', ' ']).unwrap();
            (line[..end].to_owned(), line[end..].to_owned())
        })
        .collect()
}

/// The names of the dependencies of a crate, without those of its tests.
fn dependencies(manifest: &Path) -> Vec<String> {
    let entries = entries(manifest, "dependencies");
    assert!(!entries.is_empty(), "{}", manifest.display());
    entries.into_iter().map(|(name, _)| name).collect()
}

fn manifest(backend: &str) -> PathBuf {
    folder("backends").join(backend).join("Cargo.toml")
}

#[test]
fn the_contract_depends_on_no_other_crate_of_the_workspace() {
    for name in dependencies(&manifest("contract")) {
        let allowed = !name.starts_with("genledger") || name == "genledger-derive";
        assert!(allowed, "{name}");
    }
    for name in dependencies(&manifest("derive")) {
        assert!(!name.starts_with("genledger"), "{name}");
    }
}

/// The modules of the contract, each of which names only those before it.
const LAYERS: [&str; 10] = [
    "error",
    "table",
    "row",
    "entity",
    "statement",
    "query",
    "schema",
    "backend",
    "session",
    "store",
];

#[test]
fn the_modules_of_the_contract_build_on_each_other_in_one_order() {
    let source = manifest("contract").with_file_name("src");
    for path in files(&source) {
        let relative = path.strip_prefix(&source).unwrap().with_extension("");
        let module = relative.iter().next().unwrap();
        let Some(layer) = LAYERS.iter().position(|layer| module == *layer) else {
            continue;
        };
        let code = code(&path);
        let code = code.split("#[cfg(test)]").next().unwrap();
        for above in &LAYERS[layer + 1..] {
            let names = code.contains(&format!("crate::{above}::"));
            assert!(!names, "{above} in {}", path.display());
        }
    }
}

#[test]
fn no_backend_depends_on_the_domain() {
    for backend in BACKENDS {
        let names = dependencies(&manifest(backend));
        assert!(!names.contains(&"genledger".to_owned()), "{backend}");
        for path in files(&folder("backends").join(backend).join("src")) {
            let code = code(&path);
            assert!(!code.contains("genledger::"), "{}", path.display());
        }
    }
}

#[test]
fn what_stores_share_knows_no_driver() {
    for shared in ["sql", "blocking"] {
        for name in dependencies(&manifest(shared)) {
            assert!(!DRIVERS.contains(&name.as_str()), "{name}");
        }
        for path in files(&manifest(shared).with_file_name("src")) {
            let code = code(&path);
            for driver in ["sqlx", "rusqlite"] {
                assert!(!code.contains(driver), "{driver} in {}", path.display());
            }
        }
    }
}

/// The tables of the domain: no crate below it names them.
#[test]
fn no_crate_below_the_domain_names_an_entity() {
    let entities: Vec<String> = schema::registry::entities()
        .iter()
        .flat_map(|entity| [entity.name.to_owned(), format!("\"{}\"", entity.table.name)])
        .collect();
    assert!(!entities.is_empty());
    for backend in ["contract", "derive"].iter().chain(&BACKENDS) {
        for path in files(&folder("backends").join(backend).join("src")) {
            let code = code(&path);
            for entity in &entities {
                assert!(!code.contains(entity), "{entity} in {}", path.display());
            }
        }
    }
}

#[test]
fn the_domain_names_no_database() {
    let source = folder("src");
    for path in files(&source) {
        let relative = path.strip_prefix(&source).unwrap();
        if MAY_NAME_DATABASES
            .iter()
            .any(|file| relative == Path::new(file))
        {
            continue;
        }
        let code = code(&path);
        for database in DATABASES {
            assert!(!code.contains(database), "{database} in {}", path.display());
        }
    }
    for name in dependencies(&folder("Cargo.toml")) {
        let known = DRIVERS.contains(&name.as_str());
        assert!(
            !known && name != "sea-query" && name != "genledger-sql",
            "{name}"
        );
    }
}

/// `docs/architecture.md` names files and folders: each exists.
#[test]
fn every_path_of_the_architecture_exists() {
    let text = fs::read_to_string(Path::new(ROOT).join("docs/architecture.md")).unwrap();
    let quoted = text.split('`').skip(1).step_by(2);
    let roots = [
        "src/",
        "backends/",
        "tests/",
        "examples/",
        "docs/",
        "tools/",
        "xtask/",
    ];
    let paths: Vec<&str> = quoted
        .filter(|word| roots.iter().any(|root| word.starts_with(root)))
        .collect();
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        assert!(Path::new(ROOT).join(path).exists(), "{path}");
    }
}

/// `docs/guarantees.md` names tests: each exists under its name.
#[test]
fn every_guarantee_names_a_test_that_exists() {
    let text = fs::read_to_string(folder("docs/guarantees.md")).unwrap();
    let mut named = 0;
    for token in text.split('`').skip(1).step_by(2) {
        let Some((file, test)) = token.rsplit_once("::") else {
            continue;
        };
        // A path of Rust, or the description of the form.
        if file.contains("::") || file == "file" {
            continue;
        }
        let places = match file.strip_prefix("case:") {
            Some(case) => vec![format!("backends/conformance/src/cases/{case}.rs")],
            None => vec![format!("tests/{file}.rs"), format!("{file}.rs")],
        };
        let code: Vec<String> = places
            .iter()
            .filter_map(|place| fs::read_to_string(folder(place)).ok())
            .collect();
        let declared = [format!("fn {test}("), format!("fn {test}<")];
        let declares = |code: &String| declared.iter().any(|one| code.contains(one));
        assert!(code.iter().any(declares), "{token}");
        named += 1;
    }
    assert!(named > 10, "{named}");
}

/// The manifest of every package that is published, by its name.
fn published() -> BTreeMap<String, PathBuf> {
    let mut manifests = vec![folder("Cargo.toml")];
    for entry in fs::read_dir(folder("backends")).unwrap() {
        manifests.push(entry.unwrap().path().join("Cargo.toml"));
    }
    let mut published = BTreeMap::new();
    for manifest in manifests {
        let package: BTreeMap<_, _> = entries(&manifest, "package").into_iter().collect();
        if !package.contains_key("publish") {
            let name = package["name"].trim_start_matches([' ', '=']);
            published.insert(name.trim_matches('"').to_owned(), manifest);
        }
    }
    published
}

/// Packages can be published one after the other: none needs itself, also for its tests. A path of
/// a dependency of tests is not published.
#[test]
fn published_packages_have_an_order() {
    let published = published();
    assert!(published.len() > 10, "{published:?}");
    let mut left: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for (package, manifest) in &published {
        let needed = dependencies(manifest).into_iter();
        let for_tests = entries(manifest, "dev-dependencies").into_iter();
        let for_tests = for_tests.filter(|(_, value)| !value.contains("path"));
        let all = needed.chain(for_tests.map(|(name, _)| name));
        let all = all.filter(|name| published.contains_key(name)).collect();
        left.insert(package, all);
    }
    while !left.is_empty() {
        let before = left.len();
        let waiting: BTreeSet<String> = left.keys().map(|name| (*name).clone()).collect();
        left.retain(|_, needed| needed.iter().any(|name| waiting.contains(name)));
        assert!(left.len() < before, "these need each other: {left:?}");
    }
}

/// It is for tests, and it is not published.
#[test]
fn only_tests_depend_on_the_testkit() {
    let testkit = "genledger-testkit".to_owned();
    let published = published();
    assert!(!published.contains_key(&testkit));
    for (package, manifest) in published {
        assert!(!dependencies(&manifest).contains(&testkit), "{package}");
    }
}

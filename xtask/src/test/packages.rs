//! The packages that are built when only some backends are tested.

use crate::backend::Backend;

/// The packages that every backend needs.
const COMMON: [&str; 6] = [
    "genledger",
    "genledger-contract",
    "genledger-derive",
    "genledger-memory",
    "genledger-conformance",
    "genledger-testkit",
];

/// The arguments for cargo: the packages, and the features of the root package.
pub(super) fn arguments(only: &[Backend]) -> Vec<String> {
    let mut packages = COMMON.to_vec();
    let mut features = Vec::new();
    for backend in only {
        let (names, feature): (&[&str], _) = match backend {
            Backend::Memory => continue,
            Backend::Sqlite => (
                &["genledger-sql", "genledger-blocking", "genledger-sqlite"],
                "genledger/sqlite",
            ),
            Backend::Postgres => (
                &["genledger-sql", "genledger-sqlx", "genledger-postgres"],
                "genledger/postgres",
            ),
            Backend::Mariadb | Backend::Mysql => (
                &["genledger-sql", "genledger-sqlx", "genledger-mysql"],
                "genledger/mysql",
            ),
        };
        for name in names {
            if !packages.contains(name) {
                packages.push(name);
            }
        }
        if !features.contains(&feature) {
            features.push(feature);
        }
    }
    let mut words: Vec<String> = packages
        .into_iter()
        .flat_map(|name| [String::from("--package"), name.into()])
        .collect();
    if !features.is_empty() {
        words.extend([String::from("--features"), features.join(",")]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mysql_and_mariadb_are_one_package() {
        let words = arguments(&[Backend::Memory, Backend::Mariadb, Backend::Mysql]).join(" ");
        assert!(words.ends_with("-sqlx --package genledger-mysql --features genledger/mysql"));
        assert!(!arguments(&[Backend::Memory]).join(" ").contains("sql"));
    }
}

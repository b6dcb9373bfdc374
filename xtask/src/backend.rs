//! The backends, as `--only` names them.

use crate::error::{Error, Result};

/// A backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Memory,
    Sqlite,
    Postgres,
    Mariadb,
    Mysql,
}

impl Backend {
    /// Every backend, in the order of every list and table.
    pub(crate) const ALL: [Self; 5] = [
        Self::Memory,
        Self::Sqlite,
        Self::Postgres,
        Self::Mariadb,
        Self::Mysql,
    ];

    /// The name in `--only`, in test paths (`backend_<name>`) and in folders.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
            Self::Mysql => "mysql",
        }
    }

    /// Whether it needs a server.
    pub(crate) fn has_server(self) -> bool {
        matches!(self, Self::Postgres | Self::Mariadb | Self::Mysql)
    }

    /// A variable of the environment about it, for example `GENLEDGER_MYSQL_URL`.
    pub(crate) fn variable(self, what: &str) -> String {
        format!("GENLEDGER_{}_{what}", self.name().to_uppercase())
    }
}

/// Reads `memory,sqlite`: each backend once, in the usual order.
pub(crate) fn parse_list(text: &str) -> Result<Vec<Backend>> {
    let mut wanted = Vec::new();
    for name in text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let Some(backend) = Backend::ALL
            .into_iter()
            .find(|backend| backend.name() == name)
        else {
            let known = Backend::ALL.map(Backend::name).join(",");
            return Err(Error::new(format!(
                "--only: unknown backend {name:?}, known are {known}"
            )));
        };
        wanted.push(backend);
    }
    if wanted.is_empty() {
        return Err(Error::new("--only names no backend"));
    }
    Ok(Backend::ALL
        .into_iter()
        .filter(|backend| wanted.contains(backend))
        .collect())
}

/// The list in the form that [`parse_list`] reads.
pub(crate) fn list(backends: &[Backend]) -> String {
    backends
        .iter()
        .map(|backend| backend.name())
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_checked() {
        let list = parse_list("mysql, memory,mysql").ok();
        assert_eq!(
            list.as_deref(),
            Some(&[Backend::Memory, Backend::Mysql][..])
        );
        assert_eq!(super::list(&list.unwrap_or_default()), "memory,mysql");
        assert!(parse_list("oracle").is_err());
        assert!(parse_list(",").is_err());
    }
}

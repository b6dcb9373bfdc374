//! The library.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use genledger_contract::{Entity, MigrationSet, SessionExt, Store, StoreExt};

use super::{Rows, Tally};
use crate::database::Database;
use crate::peer::genledger;

pub(super) struct Library(Arc<dyn Store>);

impl Library {
    /// With this many connections to a server, and a new table.
    pub(super) async fn open(database: Database, url: &str, connections: usize) -> Result<Self> {
        let url = match database {
            Database::Sqlite => url.to_owned(),
            _ => format!("{url}?max_connections={connections}"),
        };
        let store = genledger::connect(database, &url).await?;
        let tables = MigrationSet::of("point", &[Tally::TABLE]);
        store.migrate(&[tables]).await?;
        Ok(Self(store))
    }

    pub(super) async fn fill(&self, rows: i64) -> Result<()> {
        let rows: Vec<Tally> = (0..rows).map(Tally::new).collect();
        Ok(self.0.session().insert_many(&rows).await?)
    }
}

#[async_trait]
impl Rows for Library {
    fn name(&self) -> &'static str {
        "genledger"
    }

    async fn insert(&self, id: i64) -> Result<()> {
        Ok(self.0.session().insert(&Tally::new(id)).await?)
    }

    async fn find(&self, id: i64) -> Result<()> {
        let found = self.0.session().find::<Tally>(&id).await?;
        ensure!(found.context("the row is gone")?.id == id);
        Ok(())
    }

    async fn update(&self, id: i64) -> Result<()> {
        let change = [Tally::BALANCE.plus(-1), Tally::VERSION.plus(1)];
        let session = self.0.session();
        let matched = session.update_if(&id, Tally::BALANCE.ge(1), change).await?;
        ensure!(matched);
        Ok(())
    }

    async fn transaction(&self, new: i64, id: i64) -> Result<()> {
        let work = move |tx: genledger_contract::Tx| async move {
            tx.insert(&Tally::new(new)).await?;
            let change = [Tally::BALANCE.plus(-1), Tally::VERSION.plus(1)];
            let matched = tx.update_if(&id, Tally::BALANCE.ge(1), change).await?;
            Ok((matched, tx.find::<Tally>(&id).await?))
        };
        let (matched, found) = self.0.transaction(work).await?;
        ensure!(matched && found.context("the row is gone")?.id == id);
        Ok(())
    }
}

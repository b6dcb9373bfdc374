//! Bulk inserts.

use anyhow::Result;
use peers::{
    diesel_mysql, diesel_postgres, diesel_sqlite, loader, rusqlite, sea_orm, sqlx_mysql,
    sqlx_postgres, sqlx_sqlite,
};

use crate::args::Args;
use crate::contender::{Batched, Contender, Loader};
use crate::data::Data;
use crate::database::Database;
use crate::generate::Rows;
use crate::measure;
use crate::peer::genledger;
use crate::report;
use crate::target;

/// Runs it on every selected database.
pub(crate) async fn run(args: &Args) -> Result<()> {
    let data = Data::new(Rows::new().take(args.rows), &args.folder)?;
    for database in &args.only {
        let target = target::open(*database, data.folder()).await?;
        let header = report::header(args, *database, &*target).await?;
        let mut samples = Vec::new();
        for indexes in &args.indexes {
            target.create(*indexes).await?;
            let contenders = contenders(*database, target.url(), args)?;
            let group = indexes.name();
            eprintln!("{}, {group}", database.title());
            samples
                .extend(measure::ingest(group, &contenders, &*target, &data, args.rounds).await?);
        }
        target.remove().await?;
        report::keep(args, header, samples)?;
    }
    Ok(())
}

/// All contenders; the first is the baseline.
fn contenders(database: Database, url: &str, args: &Args) -> Result<Vec<Box<dyn Contender>>> {
    let mut contenders = match database {
        Database::Postgres => postgres(url),
        Database::Mariadb | Database::Mysql => mysql(url)?,
        Database::Sqlite => sqlite(url),
    };
    // Right after the loaders.
    let ours = contenders
        .iter()
        .filter(|contender| contender.is_loader())
        .count();
    contenders.splice(ours..ours, library(database, url));
    contenders.retain(|contender| args.takes_part(contender.name()));
    Ok(contenders)
}

fn library(database: Database, url: &str) -> Vec<Box<dyn Contender>> {
    let many = || genledger::InsertIfAbsent::new(database, url);
    let summed = || genledger::InsertIfAbsent::with_rollups(database, url);
    vec![
        Batched::new("genledger", many(), 5000, 1),
        Batched::new("genledger", many(), 5000, 2),
        Batched::new("genledger", many(), 1000, 1),
        Batched::new("genledger", many(), 1000, 2),
        Batched::new("genledger", many(), usize::MAX, 1),
        Batched::singly("genledger, single rows", many(), 32),
        Batched::new("genledger with roll-ups", summed(), 5000, 1),
        Batched::new("genledger with roll-ups", summed(), 5000, 2),
    ]
}

fn postgres(url: &str) -> Vec<Box<dyn Contender>> {
    use peers::postgres_copy::Copy;
    use sqlx_postgres::{RowAtATime, Sessions, Unnest, Values};
    let values = || Values(Sessions::new(url));
    let unnest = || Unnest(Sessions::new(url));
    let copy = || Copy(Sessions::new(url));
    let orm = || sea_orm::InsertManyJson {
        url: url.to_owned(),
    };
    let diesel = || diesel_postgres::Insert {
        url: url.to_owned(),
    };
    vec![
        Loader::new("psql \\copy", 1, "NULL", loader::psql(url)),
        Loader::new("psql \\copy", 2, "NULL", loader::psql(url)),
        Batched::new("sqlx UNNEST", unnest(), 1000, 1),
        Batched::new("sqlx UNNEST", unnest(), 1000, 2),
        Batched::new("sqlx UNNEST", unnest(), 5000, 1),
        Batched::new("sqlx UNNEST", unnest(), 5000, 2),
        Batched::new("sqlx COPY BINARY", copy(), 5000, 1),
        Batched::new("sqlx COPY BINARY", copy(), 5000, 2),
        Batched::new("sqlx VALUES", values(), 1000, 1),
        Batched::new("sqlx VALUES", values(), 1000, 2),
        Batched::new("SeaORM insert_many", orm(), 1000, 1),
        Batched::new("SeaORM insert_many", orm(), 1000, 2),
        Batched::new("SeaORM insert_many", orm(), 3000, 1),
        Batched::new("Diesel insert", diesel(), 1000, 1),
        Batched::new("Diesel insert", diesel(), 1000, 2),
        Batched::new("Diesel insert", diesel(), 3000, 1),
        Batched::singly(
            "BEGIN, INSERT … RETURNING, COMMIT",
            RowAtATime::new(url),
            32,
        ),
    ]
}

fn mysql(url: &str) -> Result<Vec<Box<dyn Contender>>> {
    use sqlx_mysql::Values;
    let orm = || sea_orm::InsertManyText {
        url: url.to_owned(),
    };
    let diesel = || diesel_mysql::Insert {
        url: url.to_owned(),
    };
    Ok(vec![
        Loader::new("LOAD DATA LOCAL", 1, "NULL", loader::load_data(url)?),
        Loader::new("LOAD DATA LOCAL", 2, "NULL", loader::load_data(url)?),
        Batched::new("sqlx VALUES", Values::new(url), 1000, 1),
        Batched::new("sqlx VALUES", Values::new(url), 1000, 2),
        Batched::new("SeaORM insert_many", orm(), 1000, 1),
        Batched::new("SeaORM insert_many", orm(), 1000, 2),
        Batched::new("SeaORM insert_many", orm(), 3000, 1),
        Batched::new("Diesel insert", diesel(), 1000, 1),
        Batched::new("Diesel insert", diesel(), 1000, 2),
        Batched::new("Diesel insert", diesel(), 3000, 1),
        Batched::singly("BEGIN, INSERT, COMMIT", Values::in_transactions(url), 32),
    ])
}

fn sqlite(url: &str) -> Vec<Box<dyn Contender>> {
    let by_hand = || rusqlite::Loop {
        url: url.to_owned(),
    };
    let values = || sqlx_sqlite::Values {
        url: url.to_owned(),
    };
    let orm = || sea_orm::InsertManyText {
        url: url.to_owned(),
    };
    let diesel = || diesel_sqlite::Insert {
        url: url.to_owned(),
    };
    // 1724 rows is the maximum with 32,766 parameters.
    vec![
        Loader::new("sqlite3 .import", 1, "", loader::sqlite3(url)),
        Batched::new("rusqlite prepared loop", by_hand(), 1000, 1),
        Batched::new("rusqlite prepared loop", by_hand(), 5000, 1),
        Batched::new("rusqlite prepared loop", by_hand(), usize::MAX, 1),
        Batched::new("sqlx VALUES", values(), 1000, 1),
        Batched::new("sqlx VALUES", values(), 1724, 1),
        Batched::new("SeaORM insert_many", orm(), 1000, 1),
        Batched::new("SeaORM insert_many", orm(), 1724, 1),
        Batched::new("Diesel insert", diesel(), 1000, 1),
        Batched::new("Diesel insert", diesel(), 1724, 1),
    ]
}

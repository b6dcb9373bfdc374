//! Charges of customers: through the library, alone and in groups, and with SQL written by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::future::{BoxFuture, try_join_all};
use genledger::accounting::{
    BalanceEntry, Currency, CustomerBalance, IdempotencyKey, Ledger, LedgerGroups, Money,
    NewCharge, NewTopUp,
};
use genledger::{schema, uuid::Uuid};
use genledger_contract::{Entity, Filter, Query, SessionExt, Store};
use peers::charges::{Accounts, Charge, MySql, Postgres, PostgresCte};

use crate::args::{Args, CHARGED};
use crate::database::Database;
use crate::measure::{Sample, sample, turns};
use crate::peer::genledger as library;
use crate::report;
use crate::target;

/// The customers, and the numbers of callers that wait at the same time.
const CUSTOMERS: usize = 10_000;
const CALLERS: [usize; 4] = [1, 8, 32, 256];

/// The most connections of SQL written by hand: more callers wait for one of them.
const CONNECTIONS: usize = 32;

/// Who is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spread {
    /// One customer.
    Hot,
    /// All of them alike.
    Even,
    /// The second one half as often as the first, and so on.
    Zipf,
}

impl Spread {
    const fn name(self) -> &'static str {
        match self {
            Self::Hot => "one customer",
            Self::Even => "10,000 customers",
            Self::Zipf => "10,000 customers, the n-th one 1/n as often as the first",
        }
    }
}

/// One way to charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// BEGIN, four statements, COMMIT.
    ByHand,
    /// One statement with CTEs.
    Cte,
    /// A ledger: each charge has its transaction.
    Alone,
    /// A ledger whose callers share transactions.
    Groups,
}

impl Way {
    fn name(self, callers: usize) -> String {
        let name = match self {
            Self::ByHand => "by hand",
            Self::Cte => "by hand, one statement",
            Self::Alone => "genledger",
            Self::Groups => "genledger with groups",
        };
        format!("{name} × {callers}")
    }
}

/// Runs it on every selected database.
pub(crate) async fn run(args: &Args) -> Result<()> {
    for database in &args.only {
        let target = target::open(*database, &args.folder).await?;
        let header = report::header(args, *database, &*target).await?;
        eprintln!("{}, charge", database.title());
        let bank = Bank::create(*database, target.url()).await?;
        let mut samples = Vec::new();
        for round in 0..args.rounds {
            for spread in [Spread::Hot, Spread::Even, Spread::Zipf] {
                for (way, callers) in turns(&contenders(*database, spread), round) {
                    let name = way.name(*callers);
                    if args.takes_part(&name) {
                        samples.extend(bank.charge(args, spread, *way, *callers, round).await?);
                    }
                }
            }
        }
        bank.store.close().await;
        target.remove().await?;
        report::keep(args, header, samples)?;
    }
    Ok(())
}

/// The first is the baseline.
fn contenders(database: Database, spread: Spread) -> Vec<(Way, usize)> {
    let mut ways = vec![Way::Alone, Way::Groups];
    if database != Database::Sqlite {
        ways.insert(0, Way::ByHand);
    }
    if database == Database::Postgres {
        ways.insert(1, Way::Cte);
    }
    // In the order of the numbers, but for the baseline.
    let callers: &[usize] = match spread {
        Spread::Zipf => &[256],
        Spread::Hot | Spread::Even => &CALLERS,
    };
    let mut all: Vec<_> = ways
        .iter()
        .flat_map(|way| callers.iter().map(|callers| (*way, *callers)))
        .collect();
    if let Some(baseline) = all.iter().position(|one| *one == (ways[0], 32)) {
        let baseline = all.remove(baseline);
        all.insert(0, baseline);
    }
    all
}

fn yuan(units: i64) -> Result<Money> {
    Ok(Money::from_units(units, Currency::iso("CNY")?)?)
}

fn customer(number: usize) -> String {
    format!("customer-{number:05}")
}

/// The tables, and the rows with which each measurement begins.
struct Bank {
    database: Database,
    url: String,
    store: Arc<dyn Store>,
    accounts: Vec<CustomerBalance>,
    entries: Vec<BalanceEntry>,
}

impl Bank {
    async fn create(database: Database, url: &str) -> Result<Self> {
        let store = library::connect(database, url).await?;
        store.migrate(&[schema::accounting()]).await?;
        let ledger = Ledger::new(Arc::clone(&store)).with_groups(LedgerGroups::new())?;
        let top_ups = (0..CUSTOMERS).map(|number| {
            let ledger = ledger.clone();
            async move {
                let key = IdempotencyKey::new("top-up")?;
                let top_up = NewTopUp::new(customer(number), key, yuan(1_000_000_000_000)?);
                ledger.top_up(&top_up).await?;
                anyhow::Ok(())
            }
        });
        try_join_all(top_ups).await?;
        Ok(Self {
            database,
            url: url.to_owned(),
            accounts: all(&store).await?,
            entries: all(&store).await?,
            store,
        })
    }

    /// The tables as they were at first: SQL written by hand leaves no digests that are right.
    async fn reset(&self) -> Result<()> {
        let tables = ["balance_entries", "accounting_records", "customer_balance"];
        match self.database {
            Database::Postgres => {
                let pool = peers::sqlx_postgres::pool(&self.url, 1).await?;
                for table in tables {
                    peers::charges::truncate_postgres(&pool, table).await?;
                }
            }
            Database::Mariadb | Database::Mysql => {
                let pool = peers::sqlx_mysql::pool(&self.url, 1).await?;
                for table in tables {
                    peers::charges::truncate_mysql(&pool, table).await?;
                }
            }
            Database::Sqlite => {
                let path = self.url.trim_start_matches("sqlite:");
                let connection = rusqlite::Connection::open(path)?;
                for table in tables {
                    connection.execute(&format!("DELETE FROM {table}"), [])?;
                }
            }
        }
        self.store.session().insert_many(&self.accounts).await?;
        self.store.session().insert_many(&self.entries).await?;
        Ok(())
    }

    async fn charge(
        &self,
        args: &Args,
        spread: Spread,
        way: Way,
        callers: usize,
        round: usize,
    ) -> Result<Vec<Sample>> {
        // Slow ways charge less.
        let charges = match (way, callers) {
            (Way::Groups, 256) => args.rows,
            (_, 1) => args.rows / 20,
            _ => args.rows / 5,
        };
        self.reset().await?;
        let work = self.work(way, callers).await?;
        let customers = Arc::new(customers(spread, charges));
        let next = Arc::new(AtomicUsize::new(0));
        let begun = Instant::now();
        let callers_done = (0..callers).map(|_| {
            let (work, customers) = (Arc::clone(&work), Arc::clone(&customers));
            let next = Arc::clone(&next);
            tokio::spawn(async move {
                let mut times = Vec::new();
                while let Some(customer) = customers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let begun = Instant::now();
                    work(customer.clone()).await?;
                    times.push(begun.elapsed());
                }
                anyhow::Ok(times)
            })
        });
        let mut times: Vec<Duration> = Vec::new();
        for done in try_join_all(callers_done).await? {
            times.extend(done?);
        }
        let seconds = begun.elapsed().as_secs_f64();
        ensure!(times.len() == charges);
        let stored: Vec<BalanceEntry> = all(&self.store).await?;
        ensure!(stored.len() == charges + CUSTOMERS, "charges are missing");
        let (name, spread) = (way.name(callers), spread.name());
        eprintln!(
            "{}, round {} {spread}, {name}: {:.0} charges/s",
            self.database.title(),
            round + 1,
            charges as f64 / seconds
        );
        let group = format!("{CHARGED}, {spread}");
        let mut samples = vec![sample(&group, &name, round, charges, seconds)];
        times.sort_unstable();
        for (group, hundredth) in [("median", 50), ("99 of 100 are faster", 99)] {
            let group = format!("time of a charge, {spread}, {group}");
            let time = times[(times.len() - 1) * hundredth / 100];
            samples.push(sample(&group, &name, round, 1, time.as_secs_f64()));
        }
        Ok(samples)
    }

    async fn work(&self, way: Way, callers: usize) -> Result<Work> {
        let connections = callers.min(CONNECTIONS);
        let ledger = Ledger::new(Arc::clone(&self.store));
        Ok(match (way, self.database) {
            (Way::Alone, _) => through(ledger),
            (Way::Groups, _) => through(ledger.with_groups(LedgerGroups::new())?),
            (Way::Cte, _) => by_hand(PostgresCte::open(&self.url, connections).await?),
            (Way::ByHand, Database::Postgres) => {
                by_hand(Postgres::open(&self.url, connections).await?)
            }
            (Way::ByHand, _) => by_hand(MySql::open(&self.url, connections).await?),
        })
    }
}

/// The rows of a table.
async fn all<E: Entity>(store: &Arc<dyn Store>) -> Result<Vec<E>> {
    let mut query = Query::matching(Filter::all()).page_size(1_000);
    let mut rows = Vec::new();
    loop {
        let page = store.session().page::<E>(&query).await?;
        rows.extend(page.items);
        match page.next {
            Some(next) => query = query.after(next),
            None => return Ok(rows),
        }
    }
}

/// Who is charged, charge by charge.
fn customers(spread: Spread, charges: usize) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(7);
    let weights = (1..=CUSTOMERS).map(|rank| 1.0 / rank as f64);
    let sums: Vec<f64> = weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let whole = sums.last().copied().unwrap_or_default();
    let mut number = || match spread {
        Spread::Hot => 0,
        Spread::Even => random.usize(..CUSTOMERS),
        Spread::Zipf => {
            let at = random.f64() * whole;
            sums.partition_point(|sum| *sum < at).min(CUSTOMERS - 1)
        }
    };
    (0..charges).map(|_| customer(number())).collect()
}

/// One charge of a customer.
type Work = Arc<dyn Fn(String) -> BoxFuture<'static, Result<()>> + Send + Sync>;

fn through(ledger: Ledger) -> Work {
    Arc::new(move |customer| {
        let ledger = ledger.clone();
        Box::pin(async move {
            let key = IdempotencyKey::new(Uuid::now_v7().simple().to_string())?;
            let charge = NewCharge::of_amount(customer, key, yuan(12_345)?);
            ledger.charge(&charge).await?;
            Ok(())
        })
    })
}

fn by_hand<A: Accounts>(accounts: A) -> Work {
    let accounts = Arc::new(accounts);
    Arc::new(move |customer| {
        let accounts = Arc::clone(&accounts);
        Box::pin(async move {
            let key = Uuid::now_v7().simple().to_string();
            let charge = Charge {
                id: Uuid::now_v7().simple().to_string(),
                request: format!(
                    "genledger-request/1\noperation=charge\ncustomer={customer}\nkey={key}\ncurrency=CNY\namount=0.012345\n"
                ),
                amount: yuan(12_345)?.amount(),
                customer,
                key,
            };
            accounts.charge(&charge).await
        })
    })
}

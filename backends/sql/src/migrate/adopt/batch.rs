//! Repairs the rows of a table, and sets aside those that the description does not permit, in batches by key.

use std::sync::Arc;

use genledger_contract::row::ValueRef;
use genledger_contract::schema::Adoption;
use genledger_contract::table::{ColumnDef, ColumnType};
use genledger_contract::{ErrorKind, Result};

use super::checks::Checks;
use super::corrections::{self, Correction, Part, corrections};
use super::found::Found;
use super::key::{self, From, Key};
use super::names::{batch_key, placeholder, quote};
use super::rules::{Rule, repairs, rules};
use super::side::{COLUMN, RULE, is_text};
use super::unit::Units;
use crate::connection::{Connection, Param};
use crate::dialect::{Dialect, Family};
use crate::executor::Executor;
use crate::migrate::history::text;

/// How often a batch is tried, while another program inserts live rows that are equal to repaired ones. What is left then is
/// repaired when the form refuses such rows.
const ATTEMPTS: u32 = 4;

/// The rows of a batch, which is one transaction.
const ROWS: u32 = 1_000;

/// Which rows are repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    All,
    /// Those that break a rule, which one query finds. Checks of values that are kept, and texts that are not UTF-8, are left
    /// to a pass over all rows.
    Broken,
}

/// The statements of each batch.
pub(super) struct Batch {
    is_text: bool,
    /// The first key of a row that breaks a rule: of all rows, and of those after a key. Without them a batch begins where the
    /// one before has ended.
    broken: Option<[Arc<str>; 2]>,
    /// The first and the last key of a batch: of the first one, of one from a key on, of one after a key.
    bounds: [Arc<str>; 3],
    /// Moves rows between two keys that no repair would save: `PostgreSQL` refuses to repair them once it has a constraint
    /// that is not validated yet.
    unrepairable: Option<Aside>,
    /// Changes rows between two keys, in order.
    corrections: Vec<Correction>,
    /// Repairs the rows between two keys.
    repair: Option<Arc<str>>,
    /// Moves rows between two keys.
    aside: Option<Aside>,
    /// Only SQLite stores text that is not UTF-8.
    texts: Option<Texts>,
    /// Reports rows between two keys.
    checks: Option<Checks>,
}

/// How rows that violate a rule are moved.
struct Aside {
    copy: Arc<str>,
    /// Deletes those that were copied.
    delete: Arc<str>,
}

/// How texts that are not UTF-8 are found.
struct Texts {
    columns: Vec<ColumnDef>,
    select: Arc<str>,
    copy: Arc<str>,
    delete: Arc<str>,
}

/// What a batch did.
struct Repaired {
    rows: u64,
    /// The last key; `None` if there was no row.
    last: Option<Key>,
    /// Whether there were no further rows at that moment.
    is_partial: bool,
}

impl<X: Executor> Units<X> {
    /// Repairs rows, and returns how many.
    pub(super) async fn rows(&self, found: &Found, part: Part, which: Which) -> Result<u64> {
        let batch = Batch::of(self.dialect(), self.adoption, found, part, which);
        if batch.is_empty() {
            return Ok(0);
        }
        self.batches(batch, found).await
    }

    async fn batches(&self, batch: Batch, found: &Found) -> Result<u64> {
        let batch = Arc::new(batch);
        let mut from = From::Start;
        let (mut rows, mut attempt) = (0_u64, 1);
        loop {
            let (batch, start) = (Arc::clone(&batch), from.clone());
            let repaired = self
                .write(Box::new(move |context| {
                    let (batch, start) = (Arc::clone(&batch), start.clone());
                    Box::pin(async move { batch.run(context.connection, &start).await })
                }))
                .await;
            let repaired = match repaired {
                // Another program inserted a live row meanwhile that is equal to a repaired one.
                Err(error) if error.kind() == ErrorKind::UniqueViolation => {
                    rows = rows.saturating_add(self.older_live_rows(found).await?);
                    if attempt == ATTEMPTS {
                        return Ok(rows);
                    }
                    attempt += 1;
                    continue;
                }
                repaired => repaired?,
            };
            attempt = 1;
            rows = rows.saturating_add(repaired.rows);
            match repaired.last {
                // A program that inserts more rows is not followed: it may be faster.
                Some(key) if !repaired.is_partial => from = From::After(key),
                Some(_) | None => return Ok(rows),
            }
        }
    }
}

impl Batch {
    pub(super) fn of(
        dialect: &'static Dialect,
        adoption: &'static Adoption,
        found: &Found,
        part: Part,
        which: Which,
    ) -> Self {
        let batch = match part {
            Part::Times => Self {
                corrections: corrections(
                    dialect,
                    adoption,
                    found,
                    &between(dialect, adoption),
                    part,
                ),
                ..Self::empty(dialect, adoption)
            },
            Part::All => Self::all(dialect, adoption, found),
        };
        match which {
            Which::All => batch,
            Which::Broken => Self {
                broken: Some(batch.broken(dialect, adoption, found, part)),
                ..batch
            },
        }
    }

    fn all(dialect: &'static Dialect, adoption: &'static Adoption, found: &Found) -> Self {
        let table = quote(dialect, adoption.table.name);
        let side = quote(dialect, adoption.set_aside);
        let id = adoption.table.primary_key[0];
        let is_text = key::is_text(dialect, adoption);
        let id = quote(dialect, id);
        let place = |number| placeholder(dialect, number);
        let between = between(dialect, adoption);
        let repairs = repairs(dialect, adoption, found);
        let repair = (!repairs.is_empty()).then(|| {
            let values: Vec<String> = repairs
                .iter()
                .map(|one| format!("{} = {}", one.column, one.value))
                .chain(corrections::touched(dialect, found).iter().map(|name| {
                    let name = quote(dialect, name);
                    format!("{name} = {name}")
                }))
                .collect();
            let conditions: Vec<&str> = repairs.iter().map(|one| one.condition.as_str()).collect();
            format!(
                "UPDATE {table} SET {} WHERE {between} AND ({})",
                values.join(", "),
                conditions.join(" OR ")
            )
            .into()
        });
        let rules = rules(dialect, adoption, found);
        let columns: Vec<String> = found
            .stored()
            .map(|column| quote(dialect, &column.name))
            .collect();
        let columns = columns.join(", ");
        let own = [COLUMN, RULE].map(|name| quote(dialect, name)).join(", ");
        let into = format!("INSERT INTO {side} ({columns}, {own}) SELECT {columns}, ");
        // A row that is being changed is copied as it is afterwards.
        let lock = match dialect.family() {
            Family::Sqlite => "",
            Family::Postgres | Family::MySql => " FOR UPDATE",
        };
        let copied = match dialect.family() {
            // Keys may be NULL there, and no other transaction writes meanwhile.
            Family::Sqlite => String::new(),
            // The tables may compare texts in different orders.
            Family::Postgres if is_text => {
                format!(" AND {id} COLLATE \"C\" IN (SELECT {id} FROM {side})")
            }
            Family::MySql if is_text => format!(" AND {id} IN (SELECT {id} FROM {side})"),
            Family::Postgres | Family::MySql => format!(
                " AND {id} IN (SELECT {id} FROM {side} WHERE {id} BETWEEN {} AND {})",
                place(3),
                place(4)
            ),
        };
        let aside = |rules: &[Rule]| {
            let violates: Vec<String> = rules
                .iter()
                .map(|rule| format!("({})", rule.condition))
                .chain(["1 = 0".to_owned()])
                .collect();
            let violates = format!("({})", violates.join(" OR "));
            Aside {
                copy: format!(
                    "{into}{}, {} FROM {table} WHERE {between} AND {violates}{lock}",
                    first(rules, |rule| rule.column),
                    first(rules, |rule| rule.name)
                )
                .into(),
                delete: format!("DELETE FROM {table} WHERE {between} AND {violates}{copied}")
                    .into(),
            }
        };
        let all = aside(&rules);
        let unrepairable = rules.into_iter().filter(|rule| rule.is_final);
        let unrepairable: Vec<Rule> = unrepairable.collect();
        Self {
            unrepairable: (!unrepairable.is_empty()).then(|| aside(&unrepairable)),
            corrections: corrections(dialect, adoption, found, &between, Part::All),
            checks: Checks::of(dialect, adoption, found, &between),
            repair,
            aside: Some(all),
            texts: (dialect.family() == Family::Sqlite)
                .then(|| Texts::of(dialect, adoption, found, &into)),
            ..Self::empty(dialect, adoption)
        }
    }

    /// Batches in which nothing is done.
    fn empty(dialect: &'static Dialect, adoption: &'static Adoption) -> Self {
        let table = quote(dialect, adoption.table.name);
        let key = batch_key(dialect, adoption.table.primary_key[0]);
        let bounds = ["", ">=", ">"].map(|compared| {
            let from = match compared {
                "" => String::new(),
                compared => format!(" WHERE {key} {compared} {}", placeholder(dialect, 1)),
            };
            let batch = format!("SELECT {key} AS k FROM {table}{from} ORDER BY {key} LIMIT {ROWS}");
            format!("SELECT MIN(k), MAX(k), COUNT(*) FROM ({batch}) AS batch").into()
        });
        Self {
            is_text: key::is_text(dialect, adoption),
            broken: None,
            bounds,
            unrepairable: None,
            corrections: Vec::new(),
            repair: None,
            aside: None,
            texts: None,
            checks: None,
        }
    }

    /// The queries of the first row that breaks a rule.
    fn broken(
        &self,
        dialect: &'static Dialect,
        adoption: &'static Adoption,
        found: &Found,
        part: Part,
    ) -> [Arc<str>; 2] {
        let corrected = self.corrections.iter().map(|one| one.condition.clone());
        let mut conditions: Vec<String> = corrected.collect();
        if part == Part::All {
            let repaired = repairs(dialect, adoption, found).into_iter();
            conditions.extend(repaired.map(|one| one.condition));
            let ruled = rules(dialect, adoption, found).into_iter();
            conditions.extend(ruled.map(|one| one.condition));
        }
        conditions.push("1 = 0".to_owned());
        let broken = conditions.join(") OR (");
        let table = quote(dialect, adoption.table.name);
        let key = batch_key(dialect, adoption.table.primary_key[0]);
        let after = format!("{key} > {} AND ", placeholder(dialect, 1));
        ["", after.as_str()].map(|after| {
            format!("SELECT {key} FROM {table} WHERE {after}(({broken})) ORDER BY {key} LIMIT 1")
                .into()
        })
    }

    /// Whether there is nothing to do.
    fn is_empty(&self) -> bool {
        self.corrections.is_empty() && self.aside.is_none()
    }

    /// Repairs all rows in the open transaction, while nothing else writes, and returns how many.
    pub(super) async fn run_all(&self, connection: &mut dyn Connection) -> Result<u64> {
        let (mut rows, mut from) = (0, From::Start);
        if self.is_empty() {
            return Ok(rows);
        }
        loop {
            let repaired = self.run(connection, &from).await?;
            rows += repaired.rows;
            match repaired.last {
                Some(key) => from = From::After(key),
                None => return Ok(rows),
            }
        }
    }

    async fn run(&self, connection: &mut dyn Connection, from: &From) -> Result<Repaired> {
        let nothing = Repaired {
            rows: 0,
            last: None,
            is_partial: true,
        };
        let from = match self.first_broken(connection, from).await? {
            None => from,
            Some(None) => return Ok(nothing),
            Some(Some(key)) => &From::At(key),
        };
        let Some(([first, last], count)) = self.bounds(connection, from).await? else {
            return Ok(nothing);
        };
        let between = [first.param(), last.param()];
        self.set_aside(connection, self.unrepairable.as_ref(), between)
            .await?;
        let mut rows = 0;
        for correction in &self.corrections {
            rows += correction.run(connection, &between).await?;
        }
        if let Some(repair) = &self.repair {
            rows += connection.execute(repair, &between).await?;
        }
        self.set_aside(connection, self.aside.as_ref(), between)
            .await?;
        if let Some(texts) = &self.texts {
            texts.set_aside(connection, &between).await?;
        }
        if let Some(checks) = &self.checks {
            checks.run(connection, &between).await?;
        }
        Ok(Repaired {
            rows,
            last: Some(last),
            is_partial: count < i64::from(ROWS),
        })
    }

    /// Moves rows between two keys.
    async fn set_aside(
        &self,
        connection: &mut dyn Connection,
        aside: Option<&Aside>,
        between: [Param<'_>; 2],
    ) -> Result<()> {
        let Some(aside) = aside else {
            return Ok(());
        };
        if connection.execute(&aside.copy, &between).await? == 0 {
            return Ok(());
        }
        let twice = [between[0], between[1], between[0], between[1]];
        let params = if self.texts.is_some() || self.is_text {
            &between[..]
        } else {
            &twice
        };
        connection.execute(&aside.delete, params).await.map(drop)
    }

    /// The first key of a row that breaks a rule, if it matters.
    async fn first_broken(
        &self,
        connection: &mut dyn Connection,
        from: &From,
    ) -> Result<Option<Option<Key>>> {
        let Some([all, after]) = &self.broken else {
            return Ok(None);
        };
        let (sql, params) = match from {
            From::Start | From::At(_) => (all, Vec::new()),
            From::After(key) => (after, vec![key.param()]),
        };
        let mut first = None;
        connection
            .query(sql, &params, &[key::column(self.is_text)], &mut |row| {
                first = Key::read(row, 0, self.is_text)?;
                Ok(())
            })
            .await?;
        Ok(Some(first))
    }

    /// The first and the last key of a batch, and the number of its rows.
    async fn bounds(
        &self,
        connection: &mut dyn Connection,
        from: &From,
    ) -> Result<Option<([Key; 2], i64)>> {
        let [all, at, after] = &self.bounds;
        let (sql, params) = match from {
            From::Start => (all, Vec::new()),
            From::At(key) => (at, vec![key.param()]),
            From::After(key) => (after, vec![key.param()]),
        };
        let key = key::column(self.is_text);
        let columns = [key, key, key::column(false)];
        let mut bounds = None;
        connection
            .query(sql, &params, &columns, &mut |row| {
                let first = Key::read(row, 0, self.is_text)?;
                let last = Key::read(row, 1, self.is_text)?;
                let count = row.integer(2)?.unwrap_or_default();
                bounds = first.zip(last).map(|(first, last)| ([first, last], count));
                Ok(())
            })
            .await?;
        Ok(bounds)
    }
}

/// That a row is between two keys.
fn between(dialect: &Dialect, adoption: &Adoption) -> String {
    let key = batch_key(dialect, adoption.table.primary_key[0]);
    let [first, last] = [1, 2].map(|number| placeholder(dialect, number));
    format!("{key} BETWEEN {first} AND {last}")
}

impl Texts {
    fn of(
        dialect: &'static Dialect,
        adoption: &'static Adoption,
        found: &Found,
        into: &str,
    ) -> Self {
        let table = quote(dialect, adoption.table.name);
        let columns: Vec<ColumnDef> = found
            .described(adoption)
            .map(|(column, _)| *column)
            .filter(is_text)
            .collect();
        let names: Vec<String> = columns
            .iter()
            .map(|column| quote(dialect, column.name))
            .collect();
        let mut read = vec![key::column(false)];
        read.extend(columns);
        Self {
            columns: read,
            select: format!(
                "SELECT rowid, {} FROM {table} WHERE rowid BETWEEN ? AND ?",
                names.join(", ")
            )
            .into(),
            copy: format!("{into}?, 'invalid_utf8' FROM {table} WHERE rowid = ?").into(),
            delete: format!("DELETE FROM {table} WHERE rowid = ?").into(),
        }
    }

    async fn set_aside(
        &self,
        connection: &mut dyn Connection,
        between: &[Param<'_>],
    ) -> Result<()> {
        let mut unreadable = Vec::new();
        connection
            .query(&self.select, between, &self.columns, &mut |row| {
                let found = (1..self.columns.len()).find(|index| row.text(*index).is_err());
                if let (Some(index), Some(rowid)) = (found, row.integer(0)?) {
                    unreadable.push((rowid, self.columns[index].name));
                }
                Ok(())
            })
            .await?;
        for (rowid, column) in unreadable {
            let params = [text(column), integer(rowid)];
            connection.execute(&self.copy, &params).await?;
            connection.execute(&self.delete, &params[1..]).await?;
        }
        Ok(())
    }
}

/// An expression: the first rule that a row violates, as a text.
fn first(rules: &[Rule], text: impl Fn(&Rule) -> &'static str) -> String {
    let cases: Vec<String> = rules
        .iter()
        .map(|rule| format!("WHEN {} THEN '{}'", rule.condition, text(rule)))
        .chain(["WHEN 1 = 0 THEN ''".to_owned()])
        .collect();
    format!("CASE {} END", cases.join(" "))
}

const fn integer(value: i64) -> Param<'static> {
    Param {
        value: ValueRef::I64(value),
        column_type: ColumnType::I64,
    }
}

//! Decimals: exact, with one scale for each column.

use genledger_contract::query::AggregateQuery;
use genledger_contract::{ErrorKind, Filter, SessionExt};
use rust_decimal::Decimal;

use crate::ask::{aggregated, dec, matching, rows_of};
use crate::check::{breaks, fails};
use crate::databases::Databases;
use crate::model::{Account, Specimen};

fn account(id: i64, balance: &str) -> Account {
    Account {
        balance: dec(balance),
        ..Account::new(id)
    }
}

/// The greatest, the least and the smallest decimals survive with every digit.
pub(crate) async fn extremes(databases: &Databases) {
    let session = databases.migrated().await.session();
    let written = [
        "999999999999.999999",
        "-999999999999.999999",
        "0.000001",
        "-0.000001",
        "123456789012.345678",
        "0",
    ];
    for (id, balance) in (0..).zip(written) {
        session.insert(&account(id, balance)).await.unwrap();
        let found = session.get::<Account>(&id).await.unwrap();
        assert_eq!(found.balance, dec(balance));
    }
}

/// A decimal is read with the scale of its column, and zero has no sign.
pub(crate) async fn one_scale(databases: &Databases) {
    let session = databases.migrated().await.session();
    for (id, (written, read)) in (0..).zip([
        ("1.5", "1.500000"),
        ("100", "100.000000"),
        ("1.5000000000", "1.500000"),
    ]) {
        session.insert(&account(id, written)).await.unwrap();
        let found = session.get::<Account>(&id).await.unwrap();
        assert_eq!(found.balance.to_string(), read);
    }
    // Parsing it from a text would drop the sign.
    let mut minus_zero = Decimal::new(0, 1);
    minus_zero.set_sign_negative(true);
    let mut row = account(10, "1");
    row.balance = minus_zero;
    session.insert(&row).await.unwrap();
    let found = session.get::<Account>(&10).await.unwrap().balance;
    assert_eq!((found.scale(), found.is_sign_negative()), (6, false));
    // A zero that the store has calculated has no sign either.
    let debts = [account(11, "-1.5"), account(12, "-0.000001")];
    session.insert_many(&debts).await.unwrap();
    for (debt, paid) in debts.iter().zip(["1.5", "0.000001"]) {
        let change = [Account::BALANCE.plus(dec(paid))];
        let changed = session.update_where(Account::ID.eq(debt.id), change).await;
        assert_eq!(changed.unwrap(), 1);
        let found = session.get::<Account>(&debt.id).await.unwrap().balance;
        assert_eq!((found.scale(), found.is_sign_negative()), (6, false));
    }
    let both = [account(13, "-2.5"), account(14, "2.5")];
    session.insert_many(&both).await.unwrap();
    let sum = AggregateQuery::over(Account::ID.ge(13)).sum(Account::BALANCE);
    let sum = aggregated(&*session, sum).await[0].decimal(0).unwrap();
    assert!(sum.is_zero() && !sum.is_sign_negative(), "{sum}");
}

/// More digits than the column has are refused, never rounded; so are numbers out of its range.
pub(crate) async fn too_many_digits(databases: &Databases) {
    let session = databases.migrated().await.session();
    for (balance, rule) in [
        ("0.0000001", "too_many_digits"),
        ("1.9999999", "too_many_digits"),
        ("1000000000000", "out_of_range"),
        ("-1000000000000", "out_of_range"),
        ("79228162514264337593543950335", "out_of_range"),
    ] {
        breaks(session.insert(&account(1, balance)).await, rule);
    }
    let row = Specimen::new(1).with(|row| row.options.maybe_amount = Some(dec("10000000000")));
    breaks(session.insert(&row).await, "out_of_range");
    let row = Specimen::new(1).with(|row| row.options.maybe_amount = Some(dec("0.001")));
    breaks(session.insert(&row).await, "too_many_digits");
    assert_eq!(rows_of::<Account>(&*session).await, 0);
    assert_eq!(rows_of::<Specimen>(&*session).await, 0);
}

/// Decimals compare as numbers: by value and not as text, negative ones too, also with operands that the
/// column cannot hold.
pub(crate) async fn comparisons(databases: &Databases) {
    let session = databases.migrated().await.session();
    let balances = [
        "-10",
        "-9.5",
        "-0.000001",
        "0",
        "0.000001",
        "9.5",
        "10",
        "100",
    ];
    let rows: Vec<Account> = (0..)
        .zip(balances)
        .map(|(id, balance)| account(id, balance))
        .collect();
    session.insert_many(&rows).await.unwrap();
    for operand in [
        "-10.000000",
        "-9.75",
        "0.0",
        "0.0000005",
        "-0.0000005",
        "9.50",
        "10",
        "99999999999999999999",
        "-99999999999999999999.5",
    ] {
        let operand = dec(operand);
        let column = Account::BALANCE;
        for (filter, holds) in [
            (
                column.eq(operand),
                Decimal::eq as fn(&Decimal, &Decimal) -> bool,
            ),
            (column.ne(operand), Decimal::ne),
            (column.lt(operand), Decimal::lt),
            (column.le(operand), Decimal::le),
            (column.gt(operand), Decimal::gt),
            (column.ge(operand), Decimal::ge),
            (column.is_in([operand]), Decimal::eq),
        ] {
            let expected: Vec<&Account> = rows
                .iter()
                .filter(|row| holds(&row.balance, &operand))
                .collect();
            let found = matching(&*session, filter.clone()).await;
            assert_eq!(
                found.iter().collect::<Vec<_>>(),
                expected,
                "{filter:?} {operand}"
            );
        }
    }
}

/// A sum of decimals is exact.
pub(crate) async fn sums_are_exact(databases: &Databases) {
    let session = databases.migrated().await.session();
    let mut rows: Vec<Account> = (0..1000).map(|id| account(id, "0.1")).collect();
    rows.extend((1000..1100).map(|id| account(id, "0.000001")));
    rows.push(account(2000, "999999999999.999999"));
    rows.push(account(2001, "999999999999.999999"));
    rows.push(account(2002, "-0.000003"));
    session.insert_many(&rows).await.unwrap();
    let query = AggregateQuery::over(Filter::all()).sum(Account::BALANCE);
    let rows_summed = session.aggregate(query).await.unwrap();
    assert_eq!(
        rows_summed[0].decimal(0).unwrap(),
        dec("2000000000100.000095")
    );
}

/// Adding to a decimal is exact, and an addition beyond the range changes nothing.
pub(crate) async fn additions(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&account(1, "0")).await.unwrap();
    for _ in 0..10 {
        let tenth = [Account::BALANCE.plus(dec("0.1"))];
        assert!(session.update_if(&1, Filter::all(), tenth).await.unwrap());
    }
    assert_eq!(session.get::<Account>(&1).await.unwrap().balance, dec("1"));
    for balance in ["999999999999.999999", "-999999999999.999999"] {
        let to = [Account::BALANCE.set(dec(balance)), Account::VERSION.plus(1)];
        session.update_where(Filter::all(), to).await.unwrap();
        let before = session.get::<Account>(&1).await.unwrap();
        let step = if before.balance.is_sign_negative() {
            "-0.000001"
        } else {
            "0.000001"
        };
        let beyond = [Account::BALANCE.plus(dec(step)), Account::VERSION.plus(1)];
        fails(
            session.update_if(&1, Filter::all(), beyond).await,
            ErrorKind::Invalid,
        );
        assert_eq!(session.get::<Account>(&1).await.unwrap(), before);
    }
    breaks(
        session
            .update_where(Filter::all(), [Account::BALANCE.plus(dec("0.0000001"))])
            .await,
        "too_many_digits",
    );
}

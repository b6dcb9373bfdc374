//! The audit of a database: it prints what differs, and its status states whether something does.

use genledger::accounting::{Currency, CustomerBalance, IdempotencyKey, Ledger, Money, NewTopUp};
use genledger::contract::{SessionExt, Store};
use genledger::rust_decimal::Decimal;

use crate::program::{run, succeed};

/// Uses a store on a thread of its own, since a case runs inside of a runtime.
fn with_store<F: Future<Output = ()>>(
    url: &str,
    work: impl FnOnce(std::sync::Arc<dyn Store>) -> F + Send,
) {
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            runtime.block_on(async {
                let store = genledger::connect(url).await.unwrap();
                work(store.clone()).await;
                store.close().await;
            });
        });
        worker.join().unwrap();
    });
}

fn what_differs_is_printed_and_fails(url: &str, outlives: bool) {
    // Nothing is migrated.
    let without_tables = run("audit", &[url]);
    assert!(!without_tables.success);
    assert!(
        without_tables.err.starts_with("audit: "),
        "{}",
        without_tables.err
    );
    if !outlives {
        return;
    }
    with_store(url, |store| async move {
        store
            .migrate(&[genledger::schema::accounting()])
            .await
            .unwrap();
        let ten = Money::new(10.into(), Currency::iso("CNY").unwrap()).unwrap();
        let key = IdempotencyKey::new("payment-8").unwrap();
        let top_up = NewTopUp::new("c1", key, ten);
        Ledger::new(store).top_up(&top_up).await.unwrap();
    });
    for options in [&[url][..], &[url, "--marks"], &[url, "--part", "0", "2"]] {
        let output = succeed("audit", options);
        assert!(
            output.out.contains("        0 discrepancies\n"),
            "{}",
            output.out
        );
    }
    with_store(url, |store| async move {
        let more = [CustomerBalance::BALANCE.set(Decimal::from(1_000))];
        let of_customer = CustomerBalance::CUSTOMER_ID.eq("c1");
        store
            .session()
            .update_where(of_customer, more)
            .await
            .unwrap();
    });
    let output = run("audit", &[url]);
    assert!(!output.success);
    let line = " balance: expected 10, found 1000 (account c1 CNY, entry 1)\n";
    assert!(output.out.contains(line), "{}", output.out);
    let wrong = run("audit", &[url, "--other"]);
    assert_eq!(
        wrong.err,
        "audit: usage: audit URL [--marks] [--part P OF]\n"
    );
}

crate::cases!(what_differs_is_printed_and_fails);

//! Accounts: what is stored, and the session that is unique on a site among live accounts.

use std::sync::Arc;

use genledger::contract::query::Count;
use genledger::contract::{ErrorKind, SessionExt, Store};
use genledger::generation::{
    AccountStatus, AccountType, GenerationTasks, ImageTask, MediaStatus, NewProviderAccount,
    ProviderAccount, ProviderAccountFilter, ProviderAccounts, Site, StampsColumns,
};
use genledger::paging::Paging;

use crate::sample::{account, after, fails, ids, ids_at, migrated};

async fn accounts(store: &Arc<dyn Store>) -> ProviderAccounts {
    let _: GenerationTasks<ImageTask> = migrated(store).await;
    ProviderAccounts::new(Arc::clone(store))
}

/// Every column with a value of its own.
fn full() -> ProviderAccount {
    let new = NewProviderAccount::new("\u{5373}\u{68a6}", "s-1")
        .site_type(Site::Jp)
        .account_status(AccountStatus::Banned)
        .priority(-7)
        .max_retry_count(20)
        .time_zone("America/Santiago")
        .weight(0)
        .image_limit(1000)
        .video_limit(2)
        .create_by("ann")
        .attr1("one")
        .attr2("two")
        .attr3("three".repeat(10_000));
    let mut account = new.into_account(&ids()).unwrap();
    let usage = &mut account.usage;
    usage.image_generation_status = MediaStatus::Unavailable;
    usage.video_generation_status = MediaStatus::RateLimited;
    (usage.image_count, usage.video_count) = (3, 4);
    usage.image_unavailable_time = Some(after(1));
    usage.video_unavailable_time = Some(after(2));
    (usage.image_active, usage.video_active) = (5, 6);
    usage.image_available_at = Some(after(3));
    usage.video_available_at = Some(after(4));
    (usage.image_strikes, usage.video_strikes) = (15, 16);
    (usage.lease_seq, usage.state_seq) = (1 << 40, 1 << 39);
    usage.last_used_at = Some(after(5));
    account.version = 1 << 33;
    account.stamps.update_time = after(6);
    account.stamps.update_by = Some("bob".to_owned());
    account
}

async fn an_account_is_read_as_it_was_written(store: &Arc<dyn Store>) {
    let accounts = accounts(store).await;
    for account in [account("s-0"), full()] {
        assert!(accounts.append(&account).await.unwrap());
        assert!(!accounts.append(&account).await.unwrap());
        assert_eq!(accounts.get(account.id).await.unwrap(), account);
    }
    let unknown = account("s-0").id;
    assert_eq!(accounts.find(unknown).await.unwrap(), None);
    fails(accounts.get(unknown).await, ErrorKind::NotFound);
}

async fn a_session_is_unique_on_its_site_among_live_accounts(store: &Arc<dyn Store>) {
    let accounts = accounts(store).await;
    let on = |site| {
        let new = NewProviderAccount::new("a", "s").site_type(site);
        new.into_account(&ids()).unwrap()
    };
    accounts.append(&on(Site::Cn)).await.unwrap();
    accounts.append(&on(Site::Hk)).await.unwrap();
    // Deleted any number of times, and each time it is free again.
    for _ in 0..3 {
        let account = on(Site::Us);
        accounts.append(&account).await.unwrap();
        fails(
            accounts.append(&on(Site::Us)).await,
            ErrorKind::UniqueViolation,
        );
        let deleted = [ProviderAccount::IS_DELETED.set(true)];
        let live = ProviderAccount::IS_DELETED.eq(false);
        let session = store.session();
        assert!(session.update_if(&account.id, live, deleted).await.unwrap());
    }
    let deleted = ProviderAccountFilter::new().deleted(true);
    assert_eq!(
        accounts.count(&deleted, 10).await.unwrap(),
        Count::Exactly(3)
    );
    assert_eq!(
        accounts
            .count(&ProviderAccountFilter::new(), 10)
            .await
            .unwrap(),
        Count::Exactly(2)
    );
    // Another account with the id of a stored one is refused.
    let mut other = on(Site::Sg);
    other.id = accounts
        .page(&deleted, &Paging::first(1))
        .await
        .unwrap()
        .items[0]
        .id;
    fails(accounts.append(&other).await, ErrorKind::UniqueViolation);
}

async fn accounts_are_listed_by_priority(store: &Arc<dyn Store>) {
    let accounts = accounts(store).await;
    let mut stored = Vec::new();
    for (number, priority) in [(0, 1), (1, 5), (2, 1), (3, -1), (4, 5)] {
        let new = NewProviderAccount::new(format!("a-{number}"), format!("s-{number}"))
            .jimeng_account_type(AccountType::International)
            .priority(priority);
        let account = new.into_account(&ids_at(after(number))).unwrap();
        accounts.append(&account).await.unwrap();
        stored.push(account);
    }
    let order = [4, 1, 2, 0, 3].map(|at: usize| stored[at].clone());
    let all = ProviderAccountFilter::new()
        .site(Site::Hk)
        .status(AccountStatus::Active);
    let mut paging = Paging::first(2);
    let mut pages = Vec::new();
    loop {
        let page = accounts.page(&all, &paging).await.unwrap();
        assert_eq!(page.unreadable, []);
        pages.extend(page.items);
        if page.next.is_none() {
            break;
        }
        paging = paging.after(page.next);
    }
    assert_eq!(pages, order);
    let one = [
        ProviderAccountFilter::new().jimeng_account("a-3"),
        ProviderAccountFilter::new().and(ProviderAccount::PRIORITY.lt(0)),
    ];
    for filter in one {
        let found = accounts.page(&filter, &Paging::first(9)).await.unwrap();
        assert_eq!(found.items, stored[3..4]);
    }
    for none in [
        ProviderAccountFilter::new().site(Site::Cn),
        ProviderAccountFilter::new().account_type(AccountType::Domestic),
        ProviderAccountFilter::new().status(AccountStatus::Banned),
        ProviderAccountFilter::new().image_status(MediaStatus::RateLimited),
        ProviderAccountFilter::new().video_status(MediaStatus::Unavailable),
    ] {
        assert_eq!(
            accounts.count(&none, 1).await.unwrap(),
            Count::Exactly(0),
            "{none:?}"
        );
    }
}

genledger_testkit::store_cases!(
    an_account_is_read_as_it_was_written,
    a_session_is_unique_on_its_site_among_live_accounts,
    accounts_are_listed_by_priority,
);

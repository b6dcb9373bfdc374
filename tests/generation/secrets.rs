//! A session id appears in no `Debug`, JSON, error or query.

use std::error::Error as _;
use std::sync::Arc;

use genledger::contract::{ErrorKind, Query, SessionExt, Store};
use genledger::generation::{
    AccountClaim, AccountPool, AccountStatus, ClaimedAccounts, Edit, Failure, FailureCode,
    GenerationAttempt, GenerationTaskFilter, GenerationTasks, ImageTask, Medium, NewImageTask,
    NewProviderAccount, NewVideoTask, ProviderAccount, ProviderAccountFilter, ProviderAccounts,
    TaskRequestColumns,
};
use genledger::outbox::OutboxEvent;
use genledger::uuid::Uuid;
use genledger::validate::Validate;
use genledger::{Error, Redacted};

use crate::sample::{account, ids, migrated, request};

const CANARY: &str = "canary-7f3a9";

#[track_caller]
fn hidden(text: &str) {
    assert!(!text.contains("canary"), "{text}");
}

/// The error, with everything that it shows.
#[track_caller]
fn hidden_in(error: &Error) {
    hidden(&format!("{error} {error:?} {error:#?}"));
    hidden(&serde_json::to_string(error).unwrap());
    hidden(error.key().unwrap_or_default());
    let mut source = error.source();
    while let Some(inner) = source {
        hidden(&format!("{inner} {inner:?}"));
        source = inner.source();
    }
}

#[test]
fn a_secret_is_shown_by_neither_debug_nor_json() {
    let new = NewProviderAccount::new("a", CANARY);
    let account = new.clone().into_account(&ids()).unwrap();
    let images = NewImageTask::new(request("b").original_session_id(CANARY));
    let videos = NewVideoTask::new(request("b").original_session_id(CANARY));
    let (image, video) = (
        images.clone().into_task(&ids()).unwrap(),
        videos.clone().into_task(&ids()).unwrap(),
    );
    hidden(&format!(
        "{new:?} {account:#?} {images:?} {image:#?} {videos:?} {video:?}"
    ));
    let json = [
        serde_json::to_string(&new),
        serde_json::to_string(&account),
        serde_json::to_string(&images),
        serde_json::to_string(&image),
        serde_json::to_string(&videos),
        serde_json::to_string(&video),
    ];
    for (position, json) in json.map(Result::unwrap).into_iter().enumerate() {
        hidden(&json);
        assert!(json.contains(r#"session_id":"***""#), "{json}");
        // What was hidden is not read as the secret.
        let error = match position {
            0 => serde_json::from_str::<NewProviderAccount>(&json).unwrap_err(),
            1 => serde_json::from_str::<ProviderAccount>(&json).unwrap_err(),
            2 => serde_json::from_str::<NewImageTask>(&json).unwrap_err(),
            3 => serde_json::from_str::<ImageTask>(&json).unwrap_err(),
            _ => serde_json::from_str::<NewVideoTask>(&json).unwrap_err(),
        };
        assert!(
            error.to_string().contains("is hidden in this JSON"),
            "{error}"
        );
    }
    assert_eq!(account.session_id.expose(), CANARY);
    assert_eq!(image.request.original_session_id.unwrap().expose(), CANARY);
}

#[test]
fn a_secret_is_in_no_violation() {
    let long = CANARY.repeat(20);
    for session in [
        long.clone(),
        format!("{CANARY} "),
        format!("{CANARY}\0"),
        format!("{CANARY}\n"),
    ] {
        let new = NewProviderAccount::new("", session.clone());
        hidden(&format!("{:?} {}", new.violations(), new.violations()));
        hidden_in(&new.into_account(&ids()).unwrap_err());
    }
    for session in [long, format!("{CANARY}\0")] {
        let new = NewImageTask::new(request("").original_session_id(session));
        hidden(&format!("{:?} {}", new.violations(), new.violations()));
        hidden_in(&new.into_task(&ids()).unwrap_err());
    }
    // Also not one of the wrong type.
    for json in [
        format!(r#"{{"jimeng_account":"a","session_id":["{CANARY}"]}}"#),
        format!(r#"{{"jimeng_account":"a","session_id":{{"{CANARY}":1}}}}"#),
        format!(r#"{{"session_id":"{CANARY}"}}"#),
    ] {
        hidden(
            &serde_json::from_str::<NewProviderAccount>(&json)
                .unwrap_err()
                .to_string(),
        );
    }
}

#[test]
fn a_secret_is_in_no_query() {
    let by_session = ProviderAccount::SESSION_ID.eq(CANARY);
    hidden(&format!("{by_session:?}"));
    let query = Query::matching(by_session.clone());
    hidden(&format!("{query:?} {query:#?}"));
    hidden(&format!(
        "{:?}",
        ProviderAccountFilter::new().and(by_session)
    ));
    let change = ImageTask::ORIGINAL_SESSION_ID.set(Some(CANARY.into()));
    hidden(&format!("{change:?}"));
    let filter = GenerationTaskFilter::<ImageTask>::new().project_id(CANARY);
    hidden(&format!("{filter:?}"));
}

async fn a_secret_is_in_no_error_of_the_database(store: &Arc<dyn Store>) {
    let images: GenerationTasks<ImageTask> = migrated(store).await;
    let accounts = ProviderAccounts::new(Arc::clone(store));
    accounts.append(&account(CANARY)).await.unwrap();
    // The unique key contains the secret.
    let taken = accounts.append(&account(CANARY)).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::UniqueViolation);
    hidden_in(&taken);
    let session = store.session();
    hidden_in(&session.insert(&account(CANARY)).await.unwrap_err());
    let other = account("other");
    accounts.append(&other).await.unwrap();
    let change = [ProviderAccount::SESSION_ID.set(CANARY)];
    let update = session.update_if(&other.id, ProviderAccount::ID.eq(other.id), change);
    hidden_in(&update.await.unwrap_err());
    let long = [ProviderAccount::SESSION_ID.set(CANARY.repeat(20).as_str())];
    let update = session.update_if(&other.id, ProviderAccount::ID.eq(other.id), long);
    hidden_in(&update.await.unwrap_err());
    // Neither the edits nor the leases of an account show it.
    let pool = AccountPool::new(Arc::clone(store));
    let secret = Redacted::from(CANARY);
    let edit = Edit::of_version(1).by("ann");
    hidden_in(
        &accounts
            .set_session(other.id, &edit, &secret)
            .await
            .unwrap_err(),
    );
    let long = Redacted::from(CANARY.repeat(20));
    hidden_in(
        &accounts
            .set_session(other.id, &edit, &long)
            .await
            .unwrap_err(),
    );
    let nul = Redacted::from(format!("{CANARY}\0"));
    hidden_in(
        &accounts
            .set_session(other.id, &edit, &nul)
            .await
            .unwrap_err(),
    );
    let claim = AccountClaim::new("h", Uuid::now_v7(), Medium::Image).n(2);
    let claimed = pool.claim(&claim).await.unwrap();
    hidden(&format!("{pool:?} {claimed:#?}"));
    let ClaimedAccounts::Leased(leased) = claimed else {
        panic!("two accounts are free");
    };
    for one in &leased {
        hidden(&serde_json::to_string(&one.lease).unwrap());
        let failure = Failure::new(FailureCode::ACCOUNT_BLOCKED);
        pool.fail(&one.lease, &failure).await.unwrap();
        hidden_in(&pool.complete(&one.lease).await.unwrap_err());
        let id = one.account.id;
        let account = accounts.get(id).await.unwrap();
        let edit = Edit::of_version(account.version);
        let active = accounts.set_status(id, &edit, AccountStatus::Active).await;
        hidden(&format!("{active:?}"));
    }
    let query = Query::<OutboxEvent>::default();
    let events = session.page(&query).await.unwrap().items;
    assert_eq!(events.len(), 4);
    hidden(&format!("{events:?}"));
    let attempts = session.page(&Query::<GenerationAttempt>::default()).await;
    hidden(&format!("{:?}", attempts.unwrap()));
    let request = || request("b").original_session_id(CANARY);
    let task = || NewImageTask::new(request()).into_task(&ids()).unwrap();
    images.submit(&task()).await.unwrap();
    hidden_in(&images.submit(&task()).await.unwrap_err());
}

genledger_testkit::store_cases!(a_secret_is_in_no_error_of_the_database);

//! Codes and JSON that another program or a newer version wrote: readable, and never set.

use std::sync::Arc;

use genledger::contract::entity::JsonText;
use genledger::contract::{CodedEnum, Entity, ErrorKind, SessionExt, Store, Violation};
use genledger::generation::{
    AccountStatus, AccountUsageColumns, Edit, GenerationStatus, GenerationTaskFilter,
    GenerationTasks, ImageTask, MediaStatus, ProviderAccount, ProviderAccountFilter,
    ProviderAccounts, Site, TaskReady, TaskStateColumns,
};
use genledger::paging::Paging;
use genledger::uuid::Uuid;
use genledger::validate::Validate;

use crate::sample::{account, fails, image, migrated};

/// Columns of the table of images, without their types.
#[derive(Clone, Debug, Entity)]
#[entity(table = "jimeng_image_generation_records", key(id))]
struct RawImage {
    /// The id.
    id: Uuid,
    /// The ratio.
    #[column(max_chars = 10)]
    ratio: String,
    /// The resolution.
    #[column(max_chars = 10)]
    resolution: String,
    /// The format.
    #[column(max_chars = 20)]
    response_format: String,
    /// The status.
    generation_status: i16,
    /// The site.
    site_used: Option<i16>,
    /// The next step.
    ready: i16,
    /// The URLs.
    image_urls: Option<JsonText>,
    /// The paths.
    image_local_paths: Option<JsonText>,
}

/// Columns of the table of accounts, without their types.
#[derive(Clone, Debug, Entity)]
#[entity(table = "jimeng_accounts", key(id))]
struct RawAccount {
    /// The id.
    id: Uuid,
    /// The family.
    jimeng_account_type: i16,
    /// The site.
    site_type: i16,
    /// The status.
    account_status: i16,
    /// The status of images.
    image_generation_status: i16,
}

async fn codes_of_a_newer_version_are_kept(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<ImageTask> = migrated(store).await;
    let task = image("a");
    tasks.submit(&task).await.unwrap();
    let id = task.id.get();
    let changes = [
        RawImage::RATIO.set("5:4"),
        RawImage::RESOLUTION.set("8k"),
        RawImage::RESPONSE_FORMAT.set("avif"),
        RawImage::GENERATION_STATUS.set(77),
        RawImage::SITE_USED.set(Some(9)),
        RawImage::READY.set(-3),
    ];
    let session = store.session();
    assert!(
        session
            .update_if(&id, RawImage::ID.eq(id), changes)
            .await
            .unwrap()
    );
    let found = tasks.get(task.id).await.unwrap();
    assert_eq!(
        (found.ratio.as_str(), found.resolution.as_str()),
        ("5:4", "8k")
    );
    assert_eq!(found.state.generation_status.code(), 77);
    assert_eq!(found.state.site_used.unwrap().code(), 9);
    assert_eq!((found.state.ready.code(), found.pixel_size()), (-3, None));
    assert!(!found.state.generation_status.is_known() && !found.ratio.is_known());
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<ImageTask>(&json).unwrap(), found);

    // They can be searched for, and not set.
    let status = found.state.generation_status;
    let with_status = GenerationTaskFilter::new().status(status);
    let page = tasks.page(&with_status, &Paging::first(9)).await.unwrap();
    assert_eq!(page.items, std::slice::from_ref(&found));
    let same = ImageTask::ID.eq(task.id);
    for change in [
        ImageTask::GENERATION_STATUS.set(status),
        ImageTask::READY.set(TaskReady::from_code(-3)),
        ImageTask::SITE_USED.set(Some(Site::from_code(9))),
        ImageTask::RATIO.set(&found.ratio),
    ] {
        let refused = session.update_if(&task.id, same.clone(), [change]).await;
        let error = refused.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Invalid, Some("unrecognized_code"))
        );
    }
    fails(session.update_version(&found).await, ErrorKind::Invalid);
    let rules = found.violations();
    let rules: Vec<_> = rules.as_slice().iter().map(Violation::rule).collect();
    assert_eq!(rules, ["unrecognized_code"; 6]);
    // Nothing is open, so it is neither deleted nor claimed; its priority is changed.
    let edit = Edit::of_version(found.version);
    fails(
        tasks.delete(task.id, &edit).await,
        ErrorKind::InvalidTransition,
    );
    let changed = tasks.set_priority(task.id, &edit, 3).await.unwrap();
    assert_eq!(
        (changed.request.priority, changed.state.generation_status),
        (3, status)
    );
    assert_eq!(
        status.to(GenerationStatus::Failed).unwrap_err().kind(),
        ErrorKind::InvalidTransition
    );
}

async fn json_that_is_not_a_list_is_kept(store: &Arc<dyn Store>) {
    let tasks: GenerationTasks<ImageTask> = migrated(store).await;
    let task = image("a");
    tasks.submit(&task).await.unwrap();
    let id = task.id.get();
    let text = |json: &str| Some(JsonText::new(json).unwrap());
    let changes = [
        RawImage::IMAGE_URLS.set(text("{\"a\": 1.50}")),
        RawImage::IMAGE_LOCAL_PATHS.set(text("null")),
    ];
    let session = store.session();
    assert!(
        session
            .update_if(&id, RawImage::ID.eq(id), changes)
            .await
            .unwrap()
    );
    let found = tasks.get(task.id).await.unwrap();
    assert_eq!(found.image_urls.raw(), Some("{\"a\": 1.50}"));
    assert!(found.image_local_paths.is_empty());
    let rules = found.violations();
    assert_eq!(rules.as_slice()[0].rule(), "not_a_list");
    // It is written back as it was.
    let next = session.update_version(&found).await.unwrap();
    assert_eq!(tasks.get(task.id).await.unwrap(), next);
    assert_eq!(next.image_urls, found.image_urls);
}

async fn codes_of_accounts_are_kept(store: &Arc<dyn Store>) {
    let _: GenerationTasks<ImageTask> = migrated(store).await;
    let accounts = ProviderAccounts::new(Arc::clone(store));
    let stored = account("s");
    accounts.append(&stored).await.unwrap();
    let id = stored.id.get();
    let changes = [
        RawAccount::JIMENG_ACCOUNT_TYPE.set(2),
        RawAccount::SITE_TYPE.set(5),
        RawAccount::ACCOUNT_STATUS.set(3),
        RawAccount::IMAGE_GENERATION_STATUS.set(-1),
    ];
    let session = store.session();
    assert!(
        session
            .update_if(&id, RawAccount::ID.eq(id), changes)
            .await
            .unwrap()
    );
    let found = accounts.get(stored.id).await.unwrap();
    assert_eq!(
        (found.site_type.code(), found.jimeng_account_type.code()),
        (5, 2)
    );
    assert_eq!(found.usage.image_generation_status.code(), -1);
    let with_status = ProviderAccountFilter::new().status(found.account_status);
    let page = accounts
        .page(&with_status, &Paging::first(9))
        .await
        .unwrap();
    assert_eq!(page.items, std::slice::from_ref(&found));
    let same = ProviderAccount::ID.eq(stored.id);
    for change in [
        ProviderAccount::SITE_TYPE.set(Site::from_code(5)),
        ProviderAccount::ACCOUNT_STATUS.set(AccountStatus::from_code(3)),
        ProviderAccount::IMAGE_GENERATION_STATUS.set(MediaStatus::from_code(-1)),
    ] {
        let refused = session.update_if(&stored.id, same.clone(), [change]).await;
        assert_eq!(refused.unwrap_err().code(), Some("unrecognized_code"));
    }
    assert_eq!(accounts.get(stored.id).await.unwrap(), found);
}

genledger_testkit::store_cases!(
    codes_of_a_newer_version_are_kept,
    json_that_is_not_a_list_is_kept,
    codes_of_accounts_are_kept,
);

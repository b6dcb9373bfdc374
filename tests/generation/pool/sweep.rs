//! Expired leases without tasks: their slots are released.

use std::sync::Arc;

use genledger::contract::Store;
use genledger::generation::{AttemptOutcome, GenerationStatus, ImageTask, VideoTask};

use super::sample::Pool;
use crate::leases::world::Stage;
use crate::sample::after;

async fn expired_leases_of_both_media_are_ended(store: &Arc<dyn Store>) {
    let images: Pool<ImageTask> = Pool::new(store).await;
    let videos: Pool<VideoTask> = images.with();
    // The task of another account is not part of it.
    let task = images.world.lease("a", Stage::Claimed).await;
    let id = images.world.account("s", 2).await.id;
    let bare = [
        images.lease_one().await,
        images.lease_one().await,
        videos.lease_one().await,
    ];
    images.pool.complete(&bare[0]).await.unwrap();
    images.world.at(164);
    let swept = images.pool.sweep().await.unwrap();
    assert_eq!((swept.rescued, swept.more), (0, false));
    images.world.at(165);
    let swept = images.pool.sweep().await.unwrap();
    assert_eq!((swept.rescued, swept.released, swept.more), (2, 0, false));
    assert_eq!(swept.errors, []);
    assert_eq!(images.pool.sweep().await.unwrap().rescued, 0);
    for lease in &bare[1..] {
        let attempt = images.attempt(lease).await;
        assert_eq!(attempt.outcome, Some(AttemptOutcome::LeaseLost));
        assert_eq!(
            (attempt.ended_at, attempt.expires_at),
            (Some(after(165)), None)
        );
    }
    let usage = images.world.account_of(id).await.usage;
    assert_eq!((usage.image_active, usage.video_active), (0, 0));
    assert_eq!((usage.image_count, usage.video_count), (1, 0));
    let status = images.world.task(&task).await.state.generation_status;
    assert_eq!(status, GenerationStatus::Processing);
    // The sweep of tasks ends leases without tasks as well, of its media.
    let (image, video) = (images.lease_one().await, videos.lease_one().await);
    images.world.at(300);
    assert_eq!(images.world.leases.sweep().await.unwrap().rescued, 2);
    let outcome = Some(AttemptOutcome::LeaseLost);
    assert_eq!(images.attempt(&image).await.outcome, outcome);
    assert_eq!(images.attempt(&video).await.outcome, None);
    assert_eq!(images.pool.sweep().await.unwrap().rescued, 1);
    images.world.assert_consistent().await;
    videos.world.assert_consistent().await;
}

async fn a_round_is_a_hundred_leases(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    let id = pool.world.account("s", 150).await.id;
    assert_eq!(pool.lease(130).await.len(), 130);
    pool.world.at(1_000);
    let swept = pool.pool.sweep().await.unwrap();
    assert_eq!((swept.rescued, swept.more), (100, true));
    assert_eq!(pool.world.account_of(id).await.usage.image_active, 30);
    let swept = pool.pool.sweep().await.unwrap();
    assert_eq!((swept.rescued, swept.more), (30, false));
    pool.world.assert_consistent_slots().await;
}

genledger_testkit::store_cases!(
    expired_leases_of_both_media_are_ended,
    a_round_is_a_hundred_leases,
);

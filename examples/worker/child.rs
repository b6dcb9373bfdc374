//! A process with several workers, and the provider that it simulates.

use std::sync::Arc;
use std::time::Duration;

use genledger::chrono::TimeDelta;
use genledger::generation::{
    Claim, Claimed, CoolDown, CoolDowns, Failure, FailureCode, GenerationLeases, GenerationResult,
    ImageTask, LeasedTask, SplitMix64, SubmitState,
};
use genledger::prelude::*;
use genledger::uuid::Uuid;
use tokio::time::sleep;

/// The first argument of a worker process.
pub(crate) const ARGUMENT: &str = "--child";

const WORKERS: usize = 4;

/// The leases of the example: accounts cool down for a second instead of 15, so that it does not take long.
pub(crate) fn leases(store: Arc<dyn Store>) -> GenerationLeases<ImageTask> {
    let rate_limit = CoolDown {
        base: TimeDelta::seconds(1),
        cap: TimeDelta::seconds(4),
    };
    GenerationLeases::new(store).with_cool_downs(CoolDowns {
        rate_limit,
        ..CoolDowns::default()
    })
}

/// Works until the parent kills it.
pub(crate) async fn run(url: &str, name: &str) -> Result<()> {
    let store = genledger::connect(url).await?;
    let leases = leases(store);
    let workers = (1..=WORKERS).map(|number| {
        let leases = leases.clone();
        let holder = format!("{name}, worker {number}");
        tokio::spawn(async move { work(&leases, &holder).await })
    });
    let workers: Vec<_> = workers.collect();
    for worker in workers {
        worker.await.map_err(|error| {
            Error::new(ErrorKind::Other, "a worker panicked").with_source(error)
        })?;
    }
    Ok(())
}

async fn work(leases: &GenerationLeases<ImageTask>, holder: &str) {
    let (high, low) = Uuid::now_v7().as_u64_pair();
    let mut random = SplitMix64::new(high ^ low);
    loop {
        let claim = Claim::new(holder, Uuid::now_v7()).length(Duration::from_secs(4));
        let claimed = match leases.claim(&claim).await {
            Ok(Claimed::Leased(claimed)) => claimed,
            Ok(_) => Vec::new(),
            Err(error) => {
                eprintln!("{holder}: claim: {error}");
                Vec::new()
            }
        };
        if claimed.is_empty() {
            sleep(Duration::from_millis(50 + random.next_u64() % 100)).await;
        }
        for leased in &claimed {
            // A lost lease, for example. The sweep of the parent does the rest.
            if let Err(error) = generate(leases, leased, &mut random).await {
                eprintln!("{holder}: {error}");
            }
        }
    }
}

/// Sends a task, polls it, and reports its end.
async fn generate(
    leases: &GenerationLeases<ImageTask>,
    leased: &LeasedTask<ImageTask>,
    random: &mut SplitMix64,
) -> Result<()> {
    let lease = &leased.lease;
    if leased.submit_state == SubmitState::NotSent {
        leases.start(lease).await?;
        sleep(Duration::from_millis(20 + random.next_u64() % 60)).await;
        match random.next_u64() % 100 {
            0..4 => return leases.unknown(lease).await.map(drop), // no reply
            4..9 => {
                return leases
                    .fail(lease, &Failure::new(FailureCode::RATE_LIMIT))
                    .await
                    .map(drop);
            }
            9..12 => {
                return leases
                    .fail(lease, &Failure::new(FailureCode::fail(2038)))
                    .await
                    .map(drop);
            }
            _ => {
                let remote = format!("remote-{}", lease.attempt_id);
                leases.submitted(lease, &remote).await?;
            }
        }
    }
    sleep(Duration::from_millis(100 + random.next_u64() % 300)).await;
    if random.next_u64() % 100 < 6 {
        return leases
            .fail(lease, &Failure::new(FailureCode::fail(1017)))
            .await
            .map(drop);
    }
    let url = format!("https://cdn.example/{}.png", lease.task_id);
    leases
        .complete(lease, &GenerationResult::urls([url.as_str()]))
        .await
        .map(drop)
}

//! The funnels over the logs: how many users or searches reach each step.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::steps::{Activation, Image, Kept, Login, Look, Search, each};
use crate::activity::ActivityFilter;
use crate::contract::Result;
use crate::store_or_tx::StoreOrTx;

/// How many users went from activation to their first image. Failed tasks count as well: the user
/// was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnboardingFunnel {
    /// Users who were activated.
    pub activated: usize,
    /// Of these, users who logged in at that time or later.
    pub logged_in: usize,
    /// Of these, users with an image task that ended at that login or later.
    pub generated: usize,
    /// Logs without a readable time.
    pub unreadable: u64,
}

/// How many searches led to a ware that was kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchFunnel {
    /// Searches, distinguished by their temporary codes.
    pub searched: usize,
    /// Of these, searches from which a ware was viewed, at that time or later.
    pub browsed: usize,
    /// Of these, searches after which the viewing user added a ware to the favourites.
    pub collected: usize,
    /// Logs without a readable time.
    pub unreadable: u64,
}

/// When each key first reached a step, in unix milliseconds.
type Reached = HashMap<String, i64>;

/// The funnel activation → login → image generation.
pub(super) async fn onboarding(
    store: &StoreOrTx,
    filter: &ActivityFilter,
) -> Result<OnboardingFunnel> {
    let mut activated = Reached::new();
    let mut unreadable = each::<Activation>(store, filter, |log, at| {
        if let Some(user) = log.user {
            activated.entry(user).or_insert(at);
        }
    })
    .await?;
    let mut logged_in = Reached::new();
    unreadable += each::<Login>(store, filter, |log, at| {
        step(&activated, &mut logged_in, log.user, at);
    })
    .await?;
    let mut generated = Reached::new();
    unreadable += each::<Image>(store, filter, |log, at| {
        step(&logged_in, &mut generated, log.user, at);
    })
    .await?;
    Ok(OnboardingFunnel {
        activated: activated.len(),
        logged_in: logged_in.len(),
        generated: generated.len(),
        unreadable,
    })
}

/// The funnel search → browse → collection.
pub(super) async fn search(store: &StoreOrTx, filter: &ActivityFilter) -> Result<SearchFunnel> {
    let mut searched = Reached::new();
    let mut unreadable = each::<Search>(store, filter, |log, at| {
        if let Some(code) = log.code {
            searched.entry(code).or_insert(at);
        }
    })
    .await?;
    let mut browsed = Reached::new();
    // The views of each user that came from a search: a collection log has only the user.
    let mut looks: HashMap<String, Reached> = HashMap::new();
    unreadable += each::<Look>(store, filter, |log, at| {
        let Some(code) = log.code else {
            return;
        };
        if searched.get(&code).is_some_and(|search| *search <= at) {
            if let Some(user) = log.user {
                let looks = looks.entry(user).or_default();
                looks.entry(code.clone()).or_insert(at);
            }
            browsed.entry(code).or_insert(at);
        }
    })
    .await?;
    let mut collected = HashSet::new();
    unreadable += each::<Kept>(store, filter, |log, at| {
        let looks = log.user.and_then(|user| looks.get_mut(&user));
        if let Some(looks) = looks {
            // A view is needed only until a collection follows it.
            let kept = looks.extract_if(|_, look| *look <= at);
            collected.extend(kept.map(|(code, _)| code));
        }
    })
    .await?;
    Ok(SearchFunnel {
        searched: searched.len(),
        browsed: browsed.len(),
        collected: collected.len(),
        unreadable,
    })
}

/// A key reaches a step when it reached the one before, at that time or earlier.
fn step(before: &Reached, reached: &mut Reached, key: Option<String>, at: i64) {
    if let Some(key) = key
        && before.get(&key).is_some_and(|earlier| *earlier <= at)
    {
        reached.entry(key).or_insert(at);
    }
}

//! The funnels that the logs exist for: how many go on from one step to the next.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;

use super::Activities;
use crate::activity::{
    Activity, ActivityFilter, GenerateImageLog, SearchLog, UserActivateLog, UserLoginLog,
    WaresBrowseLog, WaresCollectionLog,
};
use crate::contract::{MAX_PAGE_SIZE, Query, Result, StoreExt};

/// How many users went from activation to their first image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnboardingFunnel {
    /// Users who became active.
    pub activated: usize,
    /// Those who logged in then or later.
    pub logged_in: usize,
    /// Those who then asked for an image, at that login or later.
    pub generated: usize,
}

/// How many searches led to a ware that was kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchFunnel {
    /// Searches, told apart by their temporary codes.
    pub searched: usize,
    /// Those from which a ware was looked at, then or later.
    pub browsed: usize,
    /// Those after which the user who looked put a ware among the favourites.
    pub collected: usize,
}

/// When each key first reached a step.
type Reached = HashMap<String, DateTime<Utc>>;

impl Activities {
    /// The funnel activation → login → image generation, over the logs of a time range. Keeps one
    /// time for each user in memory.
    ///
    /// # Errors
    /// Those of [`Session`](crate::contract::Session).
    pub async fn onboarding_funnel(&self, filter: &ActivityFilter) -> Result<OnboardingFunnel> {
        let user = |base: &crate::activity::BaseInfo| base.user_id.clone();
        let mut activated = Reached::new();
        self.each::<UserActivateLog>(filter, |log| {
            if let Some(user) = user(&log.base) {
                activated.entry(user).or_insert(log.record_time_stamp);
            }
        })
        .await?;
        let mut logged_in = Reached::new();
        self.each::<UserLoginLog>(filter, |log| {
            step(
                &activated,
                &mut logged_in,
                user(&log.base),
                log.login_time_stamp,
            );
        })
        .await?;
        let mut generated = Reached::new();
        self.each::<GenerateImageLog>(filter, |log| {
            step(
                &logged_in,
                &mut generated,
                user(&log.base),
                log.record_time_stamp,
            );
        })
        .await?;
        Ok(OnboardingFunnel {
            activated: activated.len(),
            logged_in: logged_in.len(),
            generated: generated.len(),
        })
    }

    /// The funnel search → browse → collection, over the logs of a time range. Keeps one time for
    /// each temporary code in memory.
    ///
    /// # Errors
    /// Those of [`Session`](crate::contract::Session).
    pub async fn search_funnel(&self, filter: &ActivityFilter) -> Result<SearchFunnel> {
        let mut searched = Reached::new();
        self.each::<SearchLog>(filter, |log| {
            if let Some(code) = log.temporary_code {
                searched.entry(code).or_insert(log.record_time_stamp);
            }
        })
        .await?;
        let mut browsed = Reached::new();
        // The looks of each user that came from a search: a collection knows only its user.
        let mut looks: HashMap<String, Vec<(String, DateTime<Utc>)>> = HashMap::new();
        self.each::<WaresBrowseLog>(filter, |log| {
            let Some(code) = log.temporary_code else {
                return;
            };
            let at = log.record_time_stamp;
            if searched.get(&code).is_some_and(|search| *search <= at) {
                if let Some(user) = log.base.user_id {
                    looks.entry(user).or_default().push((code.clone(), at));
                }
                browsed.entry(code).or_insert(at);
            }
        })
        .await?;
        let mut collected = Reached::new();
        self.each::<WaresCollectionLog>(filter, |log| {
            let user = log.base.user_id.unwrap_or_default();
            for (code, at) in looks.get(&user).into_iter().flatten() {
                if *at <= log.record_time_stamp {
                    collected
                        .entry(code.clone())
                        .or_insert(log.record_time_stamp);
                }
            }
        })
        .await?;
        Ok(SearchFunnel {
            searched: searched.len(),
            browsed: browsed.len(),
            collected: collected.len(),
        })
    }

    /// Hands every log to a function, oldest first.
    async fn each<L: Activity>(
        &self,
        filter: &ActivityFilter,
        mut take: impl FnMut(L) + Send,
    ) -> Result<()> {
        let query = Query::matching(filter.of::<L>())
            .order_by([L::OCCURRED_AT.asc(), L::ID.asc()])
            .page_size(MAX_PAGE_SIZE);
        let mut rows = self.store.stream(query);
        while let Some(log) = rows.try_next().await? {
            take(log);
        }
        Ok(())
    }
}

/// A key reaches a step when it reached the one before, at that time or earlier.
fn step(before: &Reached, reached: &mut Reached, key: Option<String>, at: DateTime<Utc>) {
    if let Some(key) = key
        && before.get(&key).is_some_and(|earlier| *earlier <= at)
    {
        reached.entry(key).or_insert(at);
    }
}

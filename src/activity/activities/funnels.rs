//! The funnels that the logs exist for: how many go on from one step to the next.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;

use super::Activities;
use crate::activity::{
    Activity, ActivityFilter, GenerateImageLog, LogKind, SearchLog, UserActivateLog, UserLoginLog,
    WaresBrowseLog, WaresCollectionLog,
};
use crate::contract::{MAX_PAGE_SIZE, Query, Result, StoreExt};

/// How many users went from activation to their first image. Failed tasks count as well: the user
/// was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnboardingFunnel {
    /// Users who were activated.
    pub activated: usize,
    /// Those who logged in then or later.
    pub logged_in: usize,
    /// Those with a task for an image that ended at that login or later.
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
    /// The funnel activation → login → image generation, over the logs of a time range. Keeps a time
    /// for each user and step in memory.
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

    /// The funnel search → browse → collection, over the logs of a time range. Keeps a time for each
    /// temporary code and step in memory, and one for each user who looked with it.
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
        let mut looks: HashMap<String, Reached> = HashMap::new();
        self.each::<WaresBrowseLog>(filter, |log| {
            let Some(code) = log.temporary_code else {
                return;
            };
            let at = log.record_time_stamp;
            if searched.get(&code).is_some_and(|search| *search <= at) {
                if let Some(user) = log.base.user_id {
                    let looks = looks.entry(user).or_default();
                    looks.entry(code.clone()).or_insert(at);
                }
                browsed.entry(code).or_insert(at);
            }
        })
        .await?;
        let mut collected = HashSet::new();
        self.each::<WaresCollectionLog>(filter, |log| {
            let looks = log.base.user_id.and_then(|user| looks.get_mut(&user));
            if let Some(looks) = looks {
                // Each look is needed only until something was kept after it.
                let kept = looks.extract_if(|_, look| *look <= log.record_time_stamp);
                collected.extend(kept.map(|(code, _)| code));
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
            .page_size(page_size(L::KIND));
        let mut rows = self.store.stream(query);
        while let Some(log) = rows.try_next().await? {
            take(log);
        }
        Ok(())
    }
}

/// Rows that are held at a time: fewer of those that carry lists of pictures.
const fn page_size(kind: LogKind) -> u32 {
    match kind {
        LogKind::GenerateImage => MAX_PAGE_SIZE / 20,
        _ => MAX_PAGE_SIZE,
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

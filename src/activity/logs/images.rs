//! `ImageStats`: success rate and percentiles of times, and the success of each kind of task.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ActivityLogs;
use crate::activity::{ActivityFilter, GenerateImageLog, ImageTaskKind};
use crate::contract::entity::Column;
use crate::contract::query::AggregateQuery;
use crate::contract::row::ValueRef;
use crate::contract::{Field, Filter, Result, SessionExt};

/// Statistics of image generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageStats {
    /// All tasks.
    pub tasks: i64,
    /// Those that succeeded.
    pub succeeded: i64,
    /// How long tasks waited, in milliseconds; `None` without tasks.
    pub wait: Option<Percentiles>,
    /// How long tasks ran, in milliseconds; `None` without tasks.
    pub run: Option<Percentiles>,
    /// Waiting and running times that could not be read, and that are in no percentile.
    pub unreadable: i64,
}

impl ImageStats {
    /// The share of tasks that succeeded, in thousandths, rounded down; `None` without tasks.
    #[must_use]
    pub fn success_per_mille(&self) -> Option<i64> {
        per_mille(self.tasks, self.succeeded)
    }
}

/// The success of one kind of image task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageKindStats {
    /// The kind.
    pub kind: ImageTaskKind,
    /// All tasks.
    pub tasks: i64,
    /// Those that succeeded.
    pub succeeded: i64,
}

impl ImageKindStats {
    /// The share of tasks that succeeded, in thousandths, rounded down; `None` without tasks.
    #[must_use]
    pub fn success_per_mille(&self) -> Option<i64> {
        per_mille(self.tasks, self.succeeded)
    }
}

fn per_mille(tasks: i64, succeeded: i64) -> Option<i64> {
    (tasks > 0).then(|| succeeded.saturating_mul(1000) / tasks)
}

/// Percentiles by nearest rank: values that occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half of the values are at most this.
    pub p50: i64,
    /// 95 of 100 values are at most this.
    pub p95: i64,
}

impl Percentiles {
    /// Of values with their counts, ascending.
    fn of(groups: &[(i64, i64)]) -> Option<Self> {
        let total: i64 = groups.iter().map(|(_, count)| count).sum();
        let rank = |percent: i64| {
            // The least rank that covers the share, counted from one.
            let wanted = (i128::from(total) * i128::from(percent) + 99) / 100;
            let mut seen = 0_i128;
            groups.iter().find_map(|(value, count)| {
                seen += i128::from(*count);
                (seen >= wanted).then_some(*value)
            })
        };
        Some(Self {
            p50: rank(50)?,
            p95: rank(95)?,
        })
    }
}

impl ActivityLogs<GenerateImageLog> {
    /// Statistics of image generation. Counts and both percentiles are read one after the other, so that
    /// rows which are appended meanwhile may be in the later ones only.
    ///
    /// # Errors
    /// Those of [`Session`](crate::contract::Session).
    pub async fn image_stats(
        &self,
        filter: &ActivityFilter<GenerateImageLog>,
    ) -> Result<ImageStats> {
        let filter = filter.condition();
        let by_success = AggregateQuery::over(filter.clone())
            .group_by(GenerateImageLog::IS_SUCCESS)
            .count();
        let mut stats = ImageStats::default();
        for row in self.store.session().aggregate_lenient(by_success).await? {
            let count = row.integer(1)?;
            stats.tasks += count;
            if row.value(0) == ValueRef::Bool(true) {
                stats.succeeded += count;
            }
        }
        let waited = self.percentiles(filter.clone(), GenerateImageLog::WAIT_TIME_STAMP);
        let (wait, without_wait) = waited.await?;
        let ran = self.percentiles(filter, GenerateImageLog::RUN_TIME_MS);
        let (run, without_run) = ran.await?;
        Ok(ImageStats {
            wait,
            run,
            unreadable: without_wait + without_run,
            ..stats
        })
    }

    /// The success of each kind of task, by its code. A row in which another program wrote no kind, or one
    /// that is not a code, is left out.
    ///
    /// # Errors
    /// Those of [`Session`](crate::contract::Session).
    pub async fn image_stats_by_kind(
        &self,
        filter: &ActivityFilter<GenerateImageLog>,
    ) -> Result<Vec<ImageKindStats>> {
        let query = AggregateQuery::over(filter.condition())
            .group_by(GenerateImageLog::TASK_KIND)
            .group_by(GenerateImageLog::IS_SUCCESS)
            .count();
        let mut kinds = BTreeMap::new();
        for row in self.store.session().aggregate_lenient(query).await? {
            let code = row.value(0).as_i64().and_then(|code| code.try_into().ok());
            let Some(code) = code else { continue };
            let stats = kinds.entry(code).or_insert(ImageKindStats {
                kind: ImageTaskKind::from_code(code),
                tasks: 0,
                succeeded: 0,
            });
            let count = row.integer(2)?;
            stats.tasks += count;
            if row.value(1) == ValueRef::Bool(true) {
                stats.succeeded += count;
            }
        }
        Ok(kinds.into_values().collect())
    }

    /// The percentiles of a column, and the number of rows without a value in it.
    async fn percentiles<T: Field, A>(
        &self,
        filter: Filter<GenerateImageLog>,
        column: Column<GenerateImageLog, T, A>,
    ) -> Result<(Option<Percentiles>, i64)> {
        let query = AggregateQuery::over(filter).group_by(column).count();
        let rows = self.store.session().aggregate_lenient(query).await?;
        let (mut groups, mut unreadable) = (Vec::new(), 0);
        for row in &rows {
            match row.value(0).as_i64() {
                Some(value) => groups.push((value, row.integer(1)?)),
                None => unreadable += row.integer(1)?,
            }
        }
        Ok((Percentiles::of(&groups), unreadable))
    }
}

#[cfg(test)]
mod tests {
    use super::Percentiles;

    #[test]
    fn the_nearest_rank_is_a_value_that_occurred() {
        assert_eq!(Percentiles::of(&[]), None);
        assert_eq!(
            Percentiles::of(&[(7, 1)]),
            Some(Percentiles { p50: 7, p95: 7 })
        );
        let groups: Vec<_> = (1..=100).map(|value| (value, 1)).collect();
        assert_eq!(
            Percentiles::of(&groups),
            Some(Percentiles { p50: 50, p95: 95 })
        );
        assert_eq!(
            Percentiles::of(&[(1, 3), (9, 1)]),
            Some(Percentiles { p50: 1, p95: 9 })
        );
    }
}

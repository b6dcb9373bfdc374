//! Random logs, the same on every backend: results that equal one naive computation equal each
//! other.

use chrono::{DateTime, TimeDelta, Utc};
use genledger::activity::{Activity, ActivityFilter, ClientType};
use serde_json::{Map, Value, json};

use crate::fixtures;

/// `SplitMix64`.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: i64) -> i64 {
        i64::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        let index = self.below(i64::try_from(from.len()).unwrap());
        from[usize::try_from(index).unwrap()].clone()
    }

    pub(crate) fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    /// Around days on which clocks are changed: in Berlin in spring and in autumn, and in St. John's
    /// at one minute past midnight. A quarter of all are a few milliseconds from a midnight.
    pub(crate) fn moment(&mut self) -> DateTime<Utc> {
        let centre = self.pick(&[
            "2025-03-30T01:00:00Z",
            "2025-10-26T01:00:00Z",
            "2006-10-29T02:31:00Z",
            "1999-12-31T16:00:00Z",
            "1978-03-01T10:40:00Z",
        ]);
        let centre: DateTime<Utc> = centre.parse().unwrap();
        let span = if self.chance(30) {
            2 * 3_600_000
        } else {
            60 * 3_600_000
        };
        let moment = centre + TimeDelta::milliseconds(self.below(2 * span) - span);
        if self.chance(75) {
            return moment;
        }
        let quarter = 900_000;
        let whole = moment.timestamp_millis().div_euclid(quarter) * quarter;
        DateTime::from_timestamp_millis(whole + self.below(3) - 1).unwrap()
    }

    pub(crate) fn user(&mut self) -> Option<String> {
        let users = [
            None,
            Some("u-1"),
            Some("u-2"),
            Some("U-2"),
            Some("用户"),
            Some("u-10"),
        ];
        self.pick(&users).map(str::to_owned)
    }

    pub(crate) fn filter(&mut self) -> ActivityFilter {
        let mut filter = ActivityFilter::default();
        if self.chance(40) {
            filter.user_id = self.user();
        }
        if self.chance(40) {
            filter.from = Some(self.moment());
        }
        if self.chance(40) {
            filter.before = Some(self.moment());
        }
        if self.chance(25) {
            filter.client_type = Some(ClientType::from_code(self.pick(&[-1, 0, 1, 42])));
        }
        if self.chance(25) {
            filter.channel = Some(self.pick(&["appstore", "渠道", "none"]).to_owned());
        }
        filter
    }

    /// Logs like the one in the frozen file, with another id, user, client, channel and time, and
    /// the other members changed by `change`.
    pub(crate) fn logs<L: Activity>(
        &mut self,
        count: usize,
        mut change: impl FnMut(&mut Self, &mut Map<String, Value>),
    ) -> Vec<L> {
        let text = fixtures::read(&fixtures::file::<L>(""));
        let template: Map<String, Value> = serde_json::from_str(&text).unwrap();
        let time = L::OCCURRED_AT.definition().path();
        let one = |index| {
            let mut log = template.clone();
            let at = self.moment();
            log["ID"] = json!(format!("{:08x}-{index}", self.below(1 << 32)));
            log["UserId"] = json!(self.user());
            log["ClientType"] = json!(self.pick(&[-1, 0, 1, 2, 3, 5]));
            log["CtlChannel"] = json!(self.pick(&[None, Some("appstore"), Some("渠道")]));
            log[time] = json!(at.timestamp_millis());
            change(self, &mut log);
            serde_json::from_str(&Value::Object(log).to_string()).unwrap()
        };
        (0..count).map(one).collect()
    }
}

/// Whether a filter selects a log, by the definition of its conditions.
pub(crate) fn selects<L: Activity>(filter: &ActivityFilter, log: &L) -> bool {
    let (base, at) = (log.base(), log.occurred_at());
    filter
        .user_id
        .as_ref()
        .is_none_or(|user| base.user_id.as_ref() == Some(user))
        && filter.from.is_none_or(|from| from <= at)
        && filter.before.is_none_or(|before| at < before)
        && filter
            .client_type
            .is_none_or(|client| client == base.client_type)
        && filter
            .channel
            .as_ref()
            .is_none_or(|channel| base.ctl_channel.as_ref() == Some(channel))
}

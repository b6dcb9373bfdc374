//! The two funnels against their definitions.

use chrono::{DateTime, Utc};
use genledger::activity::{
    Activity, GenerateImageLog, OnboardingFunnel, SearchFunnel, SearchLog, UserActivateLog,
    UserLoginLog, WaresBrowseLog, WaresCollectionLog,
};
use genledger::contract::SessionExt;
use serde_json::json;

use crate::random::{Random, selects};
use crate::support::{Logs, cases};

type Steps = Vec<(Option<String>, DateTime<Utc>)>;

fn steps<L: Activity>(logs: &[&L], key: impl Fn(&L) -> Option<String>) -> Steps {
    logs.iter()
        .map(|log| (key(log), log.occurred_at()))
        .collect()
}

/// The first time at which a key takes a step, not before a moment.
fn first(steps: &Steps, key: &str, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let same = steps
        .iter()
        .filter(|(other, _)| other.as_deref() == Some(key));
    same.map(|(_, at)| *at).filter(|at| *at >= from).min()
}

fn keys(steps: &Steps) -> Vec<String> {
    let mut keys: Vec<String> = steps.iter().filter_map(|(key, _)| key.clone()).collect();
    keys.sort();
    keys.dedup();
    keys
}

async fn from_activation_to_an_image(logs: Logs) {
    let mut random = Random(50);
    let user = |random: &mut Random| {
        let number = random.below(60);
        json!((number > 3).then(|| format!("u-{number}")))
    };
    let activated: Vec<UserActivateLog> = random.logs(60, |random, log| {
        log["UserId"] = user(random);
    });
    let logins: Vec<UserLoginLog> = random.logs(90, |random, log| {
        log["UserId"] = user(random);
    });
    let images: Vec<GenerateImageLog> = random.logs(120, |random, log| {
        log["UserId"] = user(random);
        log["StartTimeStamp"] = log["RecordTimeStamp"].clone();
    });
    let session = logs.store.session();
    session.insert_many(&activated).await.unwrap();
    session.insert_many(&logins).await.unwrap();
    session.insert_many(&images).await.unwrap();
    for round in 0..8 {
        let filter = if round == 0 {
            Default::default()
        } else {
            random.filter()
        };
        let user = |base: &genledger::activity::BaseInfo| base.user_id.clone();
        let of = |log: &UserActivateLog| user(&log.base);
        let activated: Vec<_> = activated
            .iter()
            .filter(|log| selects(&filter, *log))
            .collect();
        let activated = steps(&activated, of);
        let logins: Vec<_> = logins.iter().filter(|log| selects(&filter, *log)).collect();
        let logins = steps(&logins, |log| user(&log.base));
        let images: Vec<_> = images.iter().filter(|log| selects(&filter, *log)).collect();
        let images = steps(&images, |log| user(&log.base));
        let mut expected = OnboardingFunnel::default();
        for key in keys(&activated) {
            expected.activated += 1;
            let start = first(&activated, &key, DateTime::UNIX_EPOCH).unwrap();
            let Some(login) = first(&logins, &key, start) else {
                continue;
            };
            expected.logged_in += 1;
            if first(&images, &key, login).is_some() {
                expected.generated += 1;
            }
        }
        let found = logs.activities.onboarding_funnel(&filter).await.unwrap();
        assert_eq!(found, expected, "{filter:?}");
    }
}

async fn from_a_search_to_the_favourites(logs: Logs) {
    let mut random = Random(51);
    let code = |random: &mut Random| {
        let number = random.below(40);
        json!((number > 3).then(|| format!("t-{number}")))
    };
    let searches: Vec<SearchLog> = random.logs(60, |random, log| {
        log["TemporaryCode"] = code(random);
    });
    let looks: Vec<WaresBrowseLog> = random.logs(120, |random, log| {
        log["TemporaryCode"] = code(random);
    });
    let kept: Vec<WaresCollectionLog> = random.logs(12, |_, _| {});
    let session = logs.store.session();
    session.insert_many(&searches).await.unwrap();
    session.insert_many(&looks).await.unwrap();
    session.insert_many(&kept).await.unwrap();
    for round in 0..8 {
        let filter = if round == 0 {
            Default::default()
        } else {
            random.filter()
        };
        let searches: Vec<_> = searches
            .iter()
            .filter(|log| selects(&filter, *log))
            .collect();
        let searches = steps(&searches, |log| log.temporary_code.clone());
        let kept: Vec<_> = kept.iter().filter(|log| selects(&filter, *log)).collect();
        let kept = steps(&kept, |log| log.base.user_id.clone());
        let mut expected = SearchFunnel::default();
        for key in keys(&searches) {
            expected.searched += 1;
            let start = first(&searches, &key, DateTime::UNIX_EPOCH).unwrap();
            let of_search: Vec<&WaresBrowseLog> = looks
                .iter()
                .filter(|log| selects(&filter, *log))
                .filter(|log| log.temporary_code.as_ref() == Some(&key))
                .filter(|log| log.record_time_stamp >= start)
                .collect();
            if of_search.is_empty() {
                continue;
            }
            expected.browsed += 1;
            let collected = of_search.iter().any(|look| {
                let user = look.base.user_id.as_deref();
                user.is_some_and(|user| first(&kept, user, look.record_time_stamp).is_some())
            });
            if collected {
                expected.collected += 1;
            }
        }
        let found = logs.activities.search_funnel(&filter).await.unwrap();
        assert_eq!(found, expected, "{filter:?}");
    }
}

cases!(from_activation_to_an_image, from_a_search_to_the_favourites);

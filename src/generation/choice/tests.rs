use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::generation::{MediaState, MediaStatus, Site};

fn second(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn account(
    id: &str,
    priority: i32,
    created: i64,
    used: Option<i64>,
    active: i32,
    limit: i32,
) -> Candidate {
    Candidate {
        priority,
        last_used_at: used.map(second),
        active,
        limit,
        ..Candidate::new(id, Site::Cn, second(created))
    }
}

fn rate_limited(account: Candidate, until: Option<i64>) -> Candidate {
    let media = MediaState {
        status: MediaStatus::RateLimited,
        available_at: until.map(second),
        ..account.media
    };
    Candidate { media, ..account }
}

fn pool() -> Vec<Candidate> {
    vec![
        account("a", 5, 1, Some(90), 0, 1),
        account("b", 5, 2, Some(50), 0, 1),
        account("c", 9, 3, Some(99), 1, 1),
        account("d", 0, 4, None, 0, 2),
        rate_limited(account("e", 5, 5, Some(10), 0, 1), Some(200)),
    ]
}

/// The ids of the choices for a number of tasks at a time.
fn choices(
    pool: &[Candidate],
    strategy: &ChoiceStrategy,
    seed: u64,
    tasks: usize,
    at: i64,
) -> String {
    let mut chooser = Chooser::new(pool, second(at));
    let mut random = SplitMix64::new(seed);
    let ids: Vec<&str> = (0..tasks)
        .map_while(|_| chooser.choose(strategy, &mut random, |_| true))
        .map(|choice| pool[choice.account].id.as_str())
        .collect();
    ids.join(" ")
}

#[test]
fn the_choices_of_each_strategy() {
    let sticky = ChoiceStrategy::Sticky("p2".to_owned());
    for (strategy, at_100, at_200) in [
        (ChoiceStrategy::PriorityLru, "b a d d", Some("e b")),
        (ChoiceStrategy::SeedOrder, "b a d d", Some("e b")),
        (ChoiceStrategy::RoundRobin, "d b a d", Some("d e")),
        (sticky, "a d d b", None),
    ] {
        for seed in 0..20 {
            assert_eq!(
                choices(&pool(), &strategy, seed, 4, 100),
                at_100,
                "{strategy:?}"
            );
            if let Some(at_200) = at_200 {
                assert_eq!(
                    choices(&pool(), &strategy, seed, 2, 200),
                    at_200,
                    "{strategy:?}"
                );
            }
        }
    }
}

#[test]
fn a_pool_is_exhausted_at_its_limits() {
    for strategy in strategies() {
        let chosen = choices(&pool(), &strategy, 3, 100, 100);
        let mut ids: Vec<&str> = chosen.split(' ').collect();
        ids.sort_unstable();
        assert_eq!(ids, ["a", "b", "d", "d"], "{strategy:?}");
        assert_eq!(choices(&[], &strategy, 3, 1, 100), "");
    }
}

#[test]
fn a_probe_is_one_task_and_needs_a_slot() {
    for until in [Some(100), Some(0), None] {
        let pool = [rate_limited(account("e", 0, 1, None, 1, 9), until)];
        let mut chooser = Chooser::new(&pool, second(100));
        let mut random = SplitMix64::new(0);
        let first = chooser.choose(&ChoiceStrategy::SeedOrder, &mut random, |_| true);
        assert_eq!(
            first,
            Some(Choice {
                account: 0,
                is_probe: true
            })
        );
        assert_eq!(
            chooser.choose(&ChoiceStrategy::SeedOrder, &mut random, |_| true),
            None
        );
    }
    let full = [rate_limited(account("e", 0, 1, None, 9, 9), None)];
    assert_eq!(choices(&full, &ChoiceStrategy::SeedOrder, 0, 1, 100), "");
}

#[test]
fn accounts_that_cannot_be_used_are_not_chosen() {
    let free = account("a", 0, 1, None, 0, 2);
    let with = |status, quota_reset_at| Candidate {
        media: MediaState {
            status,
            ..free.media
        },
        quota_reset_at,
        ..free.clone()
    };
    let later = Some(second(500));
    let paused = Candidate {
        limit: 0,
        ..free.clone()
    };
    let above = Candidate {
        active: 3,
        ..free.clone()
    };
    let due_at = |account: &Candidate| account.standing(second(100));
    assert_eq!(due_at(&with(MediaStatus::Available, later)), Standing::Free);
    for (account, standing) in [
        (
            with(MediaStatus::Unavailable, later),
            Standing::From(second(500)),
        ),
        (with(MediaStatus::from_code(7), later), Standing::Paused),
        // The daily reset comes first.
        (
            with(MediaStatus::Available, Some(second(100))),
            Standing::From(second(100)),
        ),
        (
            with(MediaStatus::Available, None),
            Standing::From(second(100)),
        ),
        (
            with(MediaStatus::RateLimited, None),
            Standing::From(second(100)),
        ),
        (
            rate_limited(with(MediaStatus::Available, later), Some(101)),
            Standing::From(second(101)),
        ),
        (
            rate_limited(with(MediaStatus::Available, later), Some(900)),
            Standing::From(second(500)),
        ),
        (paused, Standing::Paused),
        (above, Standing::Free),
    ] {
        assert_eq!(due_at(&account), standing);
        for strategy in strategies() {
            assert_eq!(
                choices(std::slice::from_ref(&account), &strategy, 0, 1, 100),
                ""
            );
        }
    }
}

#[test]
fn equal_accounts_are_chosen_by_the_random_number() {
    let pool: Vec<Candidate> = ["c", "a", "b"]
        .map(|id| account(id, 1, 1, None, 0, 1))
        .into();
    let mut chosen = BTreeSet::new();
    for seed in 0..50 {
        let first = SplitMix64::new(seed).next_u64() % 3;
        let expected = ["a", "b", "c"][usize::try_from(first).unwrap()];
        let choice = choices(&pool, &ChoiceStrategy::PriorityLru, seed, 1, 100);
        assert_eq!(choice, expected);
        chosen.insert(choice);
        // The others do not depend on it.
        assert_eq!(
            choices(&pool, &ChoiceStrategy::SeedOrder, seed, 3, 100),
            "a b c"
        );
        assert_eq!(
            choices(&pool, &ChoiceStrategy::RoundRobin, seed, 3, 100),
            "a b c"
        );
    }
    assert_eq!(chosen.len(), 3);
    // In a batch, each is used before one is used again.
    let pool: Vec<Candidate> = pool
        .into_iter()
        .map(|one| Candidate { limit: 5, ..one })
        .collect();
    let in_turn = choices(&pool, &ChoiceStrategy::RoundRobin, 0, 7, 100);
    assert_eq!(in_turn, "a b c a b c a");
    for seed in 0..50 {
        let chosen = choices(&pool, &ChoiceStrategy::PriorityLru, seed, 6, 100);
        let ids: Vec<&str> = chosen.split(' ').collect();
        for three in ids.chunks(3) {
            assert_eq!(BTreeSet::from_iter(three).len(), 3, "{chosen}");
        }
    }
}

#[test]
fn each_choice_uses_one_number() {
    for strategy in strategies() {
        let pool = pool();
        let mut chooser = Chooser::new(&pool, second(100));
        let mut random = SplitMix64::new(9);
        let mut expected = SplitMix64::new(9);
        for _ in 0..4 {
            assert!(chooser.choose(&strategy, &mut random, |_| true).is_some());
            expected.next_u64();
            assert_eq!(random, expected);
            // No choice, no number.
            assert_eq!(chooser.choose(&strategy, &mut random, |_| false), None);
        }
        assert_eq!(chooser.choose(&strategy, &mut random, |_| true), None);
        assert_eq!(random, expected);
    }
}

#[test]
fn weights_are_shares_of_the_numbers() {
    let weights = [("a", 3), ("b", 0), ("c", 5), ("d", 1), ("e", -2)];
    let pool: Vec<Candidate> = weights
        .iter()
        .map(|(id, weight)| Candidate {
            weight: *weight,
            ..account(id, 0, 1, None, 0, 1)
        })
        .collect();
    let rivals: Vec<Rival<'_>> = pool
        .iter()
        .enumerate()
        .map(|(position, candidate)| Rival {
            position,
            candidate,
            picks: 0,
            last_used_at: None,
        })
        .collect();
    let counted = |rivals: &[Rival<'_>], numbers: u64| {
        let mut counts = BTreeMap::new();
        for random in 0..numbers {
            let position = ChoiceStrategy::Weighted.pick(rivals, random).unwrap();
            *counts.entry(pool[position].id.as_str()).or_insert(0) += 1;
        }
        counts
    };
    // 9 numbers are one walk over the sum of the weights.
    assert_eq!(
        counted(&rivals, 9),
        BTreeMap::from([("a", 3), ("c", 5), ("d", 1)])
    );
    assert_eq!(
        counted(&rivals, 900),
        BTreeMap::from([("a", 300), ("c", 500), ("d", 100)])
    );
    let walk: Vec<usize> = (0..9)
        .map(|random| ChoiceStrategy::Weighted.pick(&rivals, random).unwrap())
        .collect();
    assert_eq!(walk, [0, 0, 0, 2, 2, 2, 2, 2, 3]);
    // Without weights all are equal.
    let without = [&rivals[1], &rivals[4]].map(|rival| Rival { ..*rival });
    assert_eq!(counted(&without, 10), BTreeMap::from([("b", 5), ("e", 5)]));
}

#[test]
fn a_key_stays_with_its_account() {
    let with = |ids: &[String]| -> Vec<Candidate> {
        ids.iter().map(|id| account(id, 0, 1, None, 0, 1)).collect()
    };
    let ids: Vec<String> = (0..10).map(|number| format!("account-{number}")).collect();
    let (all, fewer) = (with(&ids), with(&ids[..9]));
    let mut counts = BTreeMap::new();
    let mut moved = 0;
    for key in 0..1_000 {
        let strategy = ChoiceStrategy::Sticky(format!("project-{key}"));
        let chosen = choices(&all, &strategy, key, 1, 100);
        let without = choices(&fewer, &strategy, key + 1, 1, 100);
        if chosen == without {
            assert_ne!(chosen, ids[9]);
        } else {
            // Only the keys of the account that was removed move, each to its second choice.
            assert_eq!(chosen, ids[9]);
            assert_eq!(
                choices(&all, &strategy, key, 2, 100),
                format!("{chosen} {without}")
            );
            moved += 1;
        }
        *counts.entry(chosen).or_insert(0) += 1;
    }
    assert_eq!(Some(&moved), counts.get(&ids[9]));
    assert!(
        counts.len() == 10 && counts.values().all(|count| (60..=140).contains(count)),
        "{counts:?}"
    );
}

fn strategies() -> [ChoiceStrategy; 5] {
    [
        ChoiceStrategy::PriorityLru,
        ChoiceStrategy::SeedOrder,
        ChoiceStrategy::RoundRobin,
        ChoiceStrategy::Weighted,
        ChoiceStrategy::Sticky("key".to_owned()),
    ]
}

pub(in crate::generation) fn any_pool() -> impl Strategy<Value = Vec<Candidate>> {
    let sites = prop::sample::select(vec![Site::Cn, Site::Us, Site::Hk, Site::from_code(9)]);
    let times = prop::option::of(0_i64..200);
    let numbers = (-2..3, 0_i64..4, 0..4, 0..4, 0..4);
    let one = (
        sites,
        numbers,
        times.clone(),
        0_i16..4,
        times.clone(),
        times,
    );
    prop::collection::vec(one, 0..12).prop_map(|accounts| {
        let accounts = accounts.into_iter().enumerate();
        accounts
            .map(|(index, (site, numbers, used, status, until, reset))| {
                let (priority, created, weight, limit, active) = numbers;
                let free = account(
                    &format!("{index:02}"),
                    priority,
                    created,
                    used,
                    active,
                    limit,
                );
                let media = MediaState {
                    status: MediaStatus::from_code(status),
                    available_at: until.map(second),
                    ..free.media
                };
                let quota_reset_at = reset.map(|reset| second(reset * 4));
                Candidate {
                    site,
                    weight,
                    media,
                    quota_reset_at,
                    ..free
                }
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn no_choice_breaks_a_limit_and_every_choice_fits(
        pool in any_pool(), strategy in prop::sample::select(strategies().to_vec()), seed: u64,
        wanted in prop::collection::vec(prop::option::of(prop::sample::select(vec![Site::Cn, Site::Us])), 0..30),
    ) {
        let now = second(100);
        let mut chooser = Chooser::new(&pool, now);
        let mut random = SplitMix64::new(seed);
        let mut used: BTreeMap<usize, i32> = BTreeMap::new();
        for site in wanted {
            let fits = |account: &Candidate| site.is_none_or(|site| account.site == site);
            let left = |index: usize| {
                let account = &pool[index];
                let used = used.get(&index).copied().unwrap_or(0);
                let most = match account.media.status {
                    MediaStatus::Available => account.limit - account.active,
                    MediaStatus::RateLimited if account.media.available_at.is_none_or(|until| until <= now) => {
                        (account.limit - account.active).min(1)
                    }
                    _ => 0,
                };
                let is_due = account.quota_reset_at.is_none_or(|reset| reset <= now);
                fits(account) && !is_due && used < most
            };
            let possible: BTreeSet<usize> = (0..pool.len()).filter(|index| left(*index)).collect();
            match chooser.choose(&strategy, &mut random, fits) {
                None => prop_assert!(possible.is_empty()),
                Some(choice) => {
                    prop_assert!(possible.contains(&choice.account));
                    let is_limited = pool[choice.account].media.status == MediaStatus::RateLimited;
                    prop_assert_eq!(choice.is_probe, is_limited);
                    *used.entry(choice.account).or_insert(0) += 1;
                }
            }
        }
    }

    #[test]
    fn equal_seeds_give_equal_choices_in_any_order_of_the_pool(
        (pool, shuffled) in any_pool().prop_flat_map(|pool| (Just(pool.clone()), Just(pool).prop_shuffle())),
        strategy in prop::sample::select(strategies().to_vec()), seed: u64,
    ) {
        let chosen = choices(&pool, &strategy, seed, 30, 100);
        prop_assert_eq!(&choices(&pool, &strategy, seed, 30, 100), &chosen);
        prop_assert_eq!(&choices(&shuffled, &strategy, seed, 30, 100), &chosen);
    }

    #[test]
    fn priorities_are_kept(pool in any_pool(), seed: u64) {
        let mut chooser = Chooser::new(&pool, second(100));
        let mut random = SplitMix64::new(seed);
        let mut last = i32::MAX;
        while let Some(choice) = chooser.choose(&ChoiceStrategy::PriorityLru, &mut random, |_| true) {
            let priority = pool[choice.account].priority;
            prop_assert!(priority <= last);
            last = priority;
        }
    }
}

#[test]
fn a_cool_down_of_a_pool_ends() {
    let pool = pool();
    let before = second(200) - TimeDelta::milliseconds(1);
    assert_eq!(pool[4].standing(before), Standing::From(second(200)));
    assert_eq!(pool[4].standing(second(200)), Standing::Probe);
}

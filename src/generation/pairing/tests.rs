use proptest::prelude::*;

use super::*;
use crate::generation::choice::tests::any_pool;
use crate::generation::{MediaState, MediaStatus};

fn second(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn account(id: &str, site: Site) -> Candidate {
    Candidate::new(id, site, second(0))
}

fn domestic() -> TaskNeed {
    TaskNeed::of(AccountType::Domestic, Sites::ALL)
}

fn international() -> TaskNeed {
    TaskNeed::of(AccountType::International, Sites::ALL)
}

/// The pairs as `task:account`.
fn pairs(needs: &[TaskNeed], pool: &[Candidate], n: usize) -> String {
    let mut random = SplitMix64::new(0);
    let pairs = pair_tasks(
        needs,
        pool,
        n,
        &ChoiceStrategy::RoundRobin,
        &mut random,
        second(100),
    );
    let pairs: Vec<String> = pairs
        .iter()
        .map(|pair| format!("{}:{}", pair.task, pool[pair.account].id))
        .collect();
    pairs.join(" ")
}

#[test]
fn accounts_are_of_the_family_the_site_and_a_site_of_the_model() {
    let pool = [
        account("cn", Site::Cn),
        account("hk", Site::Hk),
        account("us", Site::Us),
    ];
    assert_eq!(pairs(&[domestic(), domestic()], &pool, 9), "0:cn");
    let all = [international(), international(), international()];
    assert_eq!(pairs(&all, &pool, 9), "0:hk 1:us");
    let wants = TaskNeed {
        want_site: Some(Site::Us),
        ..international()
    };
    assert_eq!(pairs(&[wants.clone(), wants.clone()], &pool, 9), "0:us");
    let model = TaskNeed::of(AccountType::International, Sites::of(&[Site::Cn, Site::Hk]));
    assert_eq!(pairs(&[model.clone(), model.clone()], &pool, 9), "0:hk");
    // A site that the model does not have.
    let never = TaskNeed {
        want_site: Some(Site::Us),
        ..model
    };
    assert_eq!(pairs(&[never, wants], &pool, 9), "1:us");
    let unknown = [account("x", Site::from_code(9))];
    let wants = TaskNeed {
        want_site: Some(Site::from_code(9)),
        ..international()
    };
    assert_eq!(
        pairs(&[wants, international(), domestic()], &unknown, 9),
        ""
    );
}

#[test]
fn tasks_without_an_account_are_passed_over() {
    let pool = [account("cn", Site::Cn), account("hk", Site::Hk)];
    let mut needs = vec![
        TaskNeed {
            want_site: Some(Site::Jp),
            ..international()
        };
        99
    ];
    needs.push(international());
    assert_eq!(pairs(&needs, &pool, 1), "99:hk");
    // Only so many are looked at.
    needs.insert(0, needs[0].clone());
    assert_eq!(pairs(&needs, &pool, 1), "");
    assert_eq!(pairs(&needs, &pool, 11), "100:hk");
    assert_eq!(
        (tasks_seen(1), tasks_seen(10), tasks_seen(11)),
        (100, 100, 110)
    );
    assert_eq!(tasks_seen(usize::MAX), usize::MAX);
    assert_eq!(pairs(&needs, &pool, 0), "");
}

#[test]
fn no_more_pairs_than_wanted() {
    let pool = [Candidate {
        limit: 9,
        ..account("cn", Site::Cn)
    }];
    let needs = vec![domestic(); 20];
    assert_eq!(pairs(&needs, &pool, 3), "0:cn 1:cn 2:cn");
    assert_eq!(pairs(&needs, &pool, 100).split(' ').count(), 9);
}

#[test]
fn the_account_of_the_last_failure_is_used_only_if_no_other_can_be() {
    let avoid = |id: &str| TaskNeed {
        avoid: Some(id.to_owned()),
        ..domestic()
    };
    let (a, b) = (account("a", Site::Cn), account("b", Site::Cn));
    let pool = [a.clone(), b.clone()];
    assert_eq!(pairs(&[avoid("a")], &pool, 9), "0:b");
    assert_eq!(pairs(&[avoid("b")], &pool, 9), "0:a");
    // The other one is full, but will have a slot: the task waits for it.
    let full = Candidate {
        active: 1,
        ..b.clone()
    };
    assert_eq!(pairs(&[avoid("a")], &[a.clone(), full], 9), "");
    assert_eq!(
        pairs(&[domestic(), avoid("a")], &[b.clone(), a.clone()], 9),
        "0:a 1:b"
    );
    // The others cannot be used at all.
    let exhausted = Candidate {
        media: MediaState {
            status: MediaStatus::Unavailable,
            ..b.media
        },
        ..b.clone()
    };
    let paused = Candidate {
        limit: 0,
        ..account("c", Site::Cn)
    };
    let elsewhere = account("d", Site::Hk);
    assert_eq!(
        pairs(&[avoid("a")], &[a.clone(), exhausted, paused, elsewhere], 9),
        "0:a"
    );
    assert_eq!(pairs(&[avoid("gone")], &pool, 9), "0:a");
    // A probe of another one is preferred, and does not make the account usable afterwards in the same batch.
    let probe = Candidate {
        media: MediaState {
            status: MediaStatus::RateLimited,
            ..b.media
        },
        ..b
    };
    assert_eq!(pairs(&[avoid("a"), avoid("a")], &[a, probe], 9), "0:b");
}

#[test]
fn why_there_is_no_account() {
    let now = second(100);
    let reset = Some(second(5_000));
    let base = |id: &str| Candidate {
        quota_reset_at: reset,
        ..account(id, Site::Cn)
    };
    let media = |id: &str, status, available_at: Option<i64>| Candidate {
        media: MediaState {
            status,
            available_at: available_at.map(second),
            ..MediaState::default()
        },
        ..base(id)
    };
    let full = Candidate {
        active: 1,
        ..base("full")
    };
    let paused = Candidate {
        limit: 0,
        active: 0,
        ..base("paused")
    };
    let exhausted = media("exhausted", MediaStatus::Unavailable, None);
    let cooling = media("cooling", MediaStatus::RateLimited, Some(300));
    let found = |pool: &[Candidate]| {
        let shortage = shortage(&[domestic(), domestic()], pool, now);
        (
            shortage.full,
            shortage.next_available_at.map(|time| time.timestamp()),
        )
    };
    assert_eq!(found(&[]), (0, None));
    assert_eq!(found(&[base("free")]), (0, None));
    assert_eq!(found(&[full.clone(), paused.clone()]), (1, None));
    assert_eq!(found(std::slice::from_ref(&exhausted)), (0, Some(5_000)));
    assert_eq!(
        found(&[exhausted.clone(), full, paused, cooling.clone()]),
        (1, Some(300))
    );
    let cooling_for_long = media("long", MediaStatus::RateLimited, Some(9_000));
    assert_eq!(found(&[cooling_for_long]), (0, Some(5_000)));
    let due = Candidate {
        quota_reset_at: Some(now),
        ..exhausted.clone()
    };
    assert_eq!(found(&[due, cooling.clone()]), (0, Some(100)));
    // Accounts that fit no task do not count.
    let elsewhere = Candidate {
        site: Site::Hk,
        active: 1,
        ..cooling
    };
    assert_eq!(found(&[elsewhere]), (0, None));
    // Nor does one that is avoided while another one can be used.
    let needs = [TaskNeed {
        avoid: Some("a".to_owned()),
        ..domestic()
    }];
    let a = Candidate {
        active: 1,
        ..base("a")
    };
    let b = Candidate {
        active: 1,
        ..base("b")
    };
    assert_eq!(shortage(&needs, &[a.clone(), b], now).full, 1);
    assert_eq!(shortage(&needs, &[a, exhausted], now).full, 1);
}

fn any_need() -> impl Strategy<Value = TaskNeed> {
    let family = prop::sample::select(vec![AccountType::Domestic, AccountType::International]);
    let site = || prop::sample::select(vec![Site::Cn, Site::Us, Site::Hk]);
    let sites = prop::collection::vec(site(), 1..4).prop_map(|sites| Sites::of(&sites));
    let avoid = prop::option::of((0..12).prop_map(|number| format!("{number:02}")));
    (family, prop::option::of(site()), sites, avoid).prop_map(
        |(family, want_site, sites, avoid)| TaskNeed {
            family,
            want_site,
            sites,
            avoid,
        },
    )
}

proptest! {
    #[test]
    fn pairs_fit_and_what_is_left_has_no_account(
        pool in any_pool(), needs in prop::collection::vec(any_need(), 0..40), n in 0_usize..30, seed: u64,
    ) {
        let now = second(100);
        let pair = || pair_tasks(&needs, &pool, n, &ChoiceStrategy::PriorityLru, &mut SplitMix64::new(seed), now);
        let pairs = pair();
        prop_assert_eq!(&pair(), &pairs);
        prop_assert!(pairs.len() <= n);
        prop_assert!(pairs.windows(2).all(|two| two[0].task < two[1].task));
        let mut left = pool.clone();
        for pair in &pairs {
            let (need, account) = (&needs[pair.task], &pool[pair.account]);
            prop_assert!(need.fits(account));
            let standing = if pair.is_probe { Standing::Probe } else { Standing::Free };
            prop_assert_eq!(account.standing(now), standing);
            left[pair.account].active += 1;
            prop_assert!(left[pair.account].active <= account.limit);
            if pair.is_probe {
                left[pair.account].limit = 0;
            }
            if need.avoid.as_ref() == Some(&account.id) {
                let others = pool.iter().filter(|other| other.id != account.id && need.fits(other));
                let usable = others.map(|other| other.standing(now));
                prop_assert!(usable.into_iter().all(|standing| !matches!(standing, Standing::Free | Standing::Probe)));
            }
        }
        if pairs.len() < n {
            // Every other task could only have the account that it avoids.
            for (task, need) in needs.iter().enumerate() {
                if pairs.iter().any(|pair| pair.task == task) {
                    continue;
                }
                let mut free = left.iter().filter(|account| {
                    let usable = matches!(account.standing(now), Standing::Free | Standing::Probe);
                    need.fits(account) && usable && account.free_slots() > 0
                });
                prop_assert!(free.all(|account| need.avoid.as_ref() == Some(&account.id)));
            }
        }
    }
}

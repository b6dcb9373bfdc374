//! Roll-ups agree with the logs when no one heard what became of a COMMIT.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use genledger::contract::{Error, ErrorKind, RowOutcome, Store};
use genledger::usage::{UsageLog, UsageLogStore, UsageLogs};
use genledger_conformance::{Cut, CutProxy, NotApplicable, report_not_applicable};

use super::{expected, logs, stored};
use crate::backends::places::{self, Place};
use crate::sample::{consume, migrated};

/// The parts of a server's URL.
struct Address<'u> {
    scheme: &'u str,
    credentials: &'u str,
    server: SocketAddr,
    rest: &'u str,
}

impl<'u> Address<'u> {
    /// `None` for a backend without a server.
    fn of(url: &'u str) -> Option<Self> {
        let (scheme, place) = url.split_once("://")?;
        let (place, rest) = place.split_at(place.find(['/', '?']).unwrap_or(place.len()));
        let (credentials, server) = place.rsplit_once('@').unwrap_or(("", place));
        let port = if scheme == "mysql" { 3306 } else { 5432 };
        let server = server
            .to_socket_addrs()
            .or_else(|_| (server, port).to_socket_addrs())
            .unwrap()
            .next()
            .unwrap();
        Some(Self {
            scheme,
            credentials,
            server,
            rest,
        })
    }

    /// The URL of the same database behind a proxy, which looks into what passes.
    fn behind(&self, proxy: SocketAddr) -> String {
        let sign = if self.rest.contains('?') { '&' } else { '?' };
        let plain = match self.scheme {
            "mysql" => "ssl-mode=DISABLED",
            _ => "sslmode=disable",
        };
        let (scheme, credentials, rest) = (self.scheme, self.credentials, self.rest);
        format!("{scheme}://{credentials}@{proxy}{rest}{sign}{plain}")
    }
}

/// Runs a test on a backend whose connections can be lost, if the run was asked for it.
fn run(backend: &str, test: impl AsyncFnOnce(Place)) {
    if matches!(backend, "memory" | "sqlite") {
        let reason = NotApplicable("there is no connection that could be lost");
        let thread = std::thread::current();
        report_not_applicable(thread.name().unwrap_or(backend), reason);
        return;
    }
    places::run(backend, test);
}

fn unknown<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
}

async fn a_write_that_is_repeated_counts_once(place: Place) {
    let direct = genledger::connect(&place.url).await.unwrap();
    migrated(&*direct).await;
    let address = Address::of(&place.url).unwrap();
    let proxy = CutProxy::start(address.server).await.unwrap();
    let url = address.behind(proxy.address());
    let distant = genledger::connect(&url).await.unwrap();
    let with = |store: &Arc<dyn Store>| UsageLogStore::with_rollups(Arc::clone(store));

    let rows = logs((0..60).map(|quota| consume().quota(quota)));
    let mut left: Vec<UsageLog> = Vec::new();
    for (round, (cut, done)) in [
        (Cut::ReplyTo("COMMIT"), true),
        (Cut::Before("COMMIT"), false),
    ]
    .into_iter()
    .enumerate()
    {
        let rows = &rows[round * 30..][..30];
        proxy.arm(cut.clone());
        unknown(with(&distant).append_many(rows).await);
        assert!(!proxy.is_armed(), "nothing was cut");
        let seen: Vec<UsageLog> = left
            .iter()
            .chain(rows.iter().filter(|_| done))
            .cloned()
            .collect();
        assert_eq!(stored(&*direct).await, expected(&seen));
        let outcomes = with(&distant).append_many(rows).await.unwrap();
        let outcome = if done {
            RowOutcome::Present
        } else {
            RowOutcome::New
        };
        assert_eq!(outcomes, [outcome; 30]);
        left.extend_from_slice(rows);
        assert_eq!(stored(&*direct).await, expected(&left));

        let ids: Vec<_> = rows[..20].iter().map(|row| row.id).collect();
        proxy.arm(cut);
        unknown(with(&distant).delete_many(&ids).await);
        assert!(!proxy.is_armed(), "nothing was cut");
        let gone = with(&distant).delete_many(&ids).await.unwrap();
        assert_eq!(gone, if done { 0 } else { 20 });
        left.retain(|row| !ids.contains(&row.id));
        assert_eq!(stored(&*direct).await, expected(&left));
    }
    distant.close().await;
    direct.close().await;
}

crate::backends::places::cases_with!(super::run; a_write_that_is_repeated_counts_once);

//! A server behind a proxy that loses replies.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use genledger_conformance::{CutProxy, NotApplicable};
use genledger_contract::{Error, ErrorKind, Store};

use crate::TestDatabase;
use crate::wanted::is_applicable;

/// The parts of a server's URL.
struct Address<'u> {
    scheme: &'u str,
    credentials: &'u str,
    server: SocketAddr,
    rest: &'u str,
}

impl<'u> Address<'u> {
    fn of(url: &'u str) -> Self {
        let (scheme, place) = url.split_once("://").unwrap();
        let (place, rest) = place.split_at(place.find(['/', '?']).unwrap_or(place.len()));
        let (credentials, server) = place.rsplit_once('@').unwrap_or(("", place));
        let port = if scheme == "mysql" { 3306 } else { 5432 };
        let server = server
            .to_socket_addrs()
            .or_else(|_| (server, port).to_socket_addrs())
            .unwrap()
            .next()
            .unwrap();
        Self {
            scheme,
            credentials,
            server,
            rest,
        }
    }

    /// The URL of the same database behind a proxy, without encryption, since the proxy reads the messages.
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

/// A store whose connections go through a proxy.
pub async fn behind_proxy(url: &str) -> (CutProxy, Arc<dyn Store>) {
    let address = Address::of(url);
    let proxy = CutProxy::start(address.server).await.unwrap();
    let url = address.behind(proxy.address());
    let store = genledger::connect(&url).await.unwrap();
    (proxy, store)
}

/// Runs a test on a backend whose connections can be lost, if the run includes the backend.
pub fn run_behind_proxy(backend: &str, test: impl AsyncFnOnce(TestDatabase)) {
    if matches!(backend, "memory" | "sqlite") {
        let reason = NotApplicable("there is no connection that could be lost");
        let _reported = is_applicable(Err(reason));
        return;
    }
    crate::run_on_database(backend, test);
}

/// Asserts the outcome of a write whose reply was lost.
pub fn assert_outcome_unknown<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
}

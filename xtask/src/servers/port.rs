//! A free port for a server.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::net::TcpListener;

use crate::error::{Error, Result};

/// Finds a port that nobody listens on and that the kernel gives to no client: a server that a
/// test kills must find its port free again, whatever connections were made in between.
pub(crate) fn free() -> Result<u16> {
    let first = 20_000_u16;
    let end = first_of_clients().unwrap_or(32_768).max(first + 1_000);
    // Any start will do; a random one keeps runs side by side apart.
    let random = RandomState::new().hash_one("port");
    for step in 0..1_000_u64 {
        let offset = random.wrapping_add(step) % u64::from(end - first);
        let Ok(offset) = u16::try_from(offset) else {
            continue;
        };
        let port = first + offset;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Error::new("no free port on 127.0.0.1"))
}

/// The first port that the kernel gives to clients.
fn first_of_clients() -> Option<u16> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    range.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_bound() {
        let port = free().unwrap_or_default();
        assert!(port >= 20_000);
        assert!(TcpListener::bind(("127.0.0.1", port)).is_ok());
    }
}

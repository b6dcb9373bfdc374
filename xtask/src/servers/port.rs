//! A free port for a server.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::net::TcpListener;

use crate::error::{Error, Result};

/// A port that is reserved until the server binds it.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    kept: TcpListener,
}

impl Port {
    /// Its number.
    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// Releases it for the server.
    pub(crate) fn release(self) {
        drop(self.kept);
    }
}

/// Finds a port without a listener and outside of the range for client connections: a server that is
/// restarted by a test must find its port free, whatever connections were opened in between.
pub(crate) fn free() -> Result<Port> {
    let first = 20_000_u16;
    let end = first_of_clients().unwrap_or(32_768).max(first + 1_000);
    // A random start makes concurrent runs use different ports.
    let random = RandomState::new().hash_one("port");
    for step in 0..1_000_u64 {
        let offset = random.wrapping_add(step) % u64::from(end - first);
        let Ok(offset) = u16::try_from(offset) else {
            continue;
        };
        let number = first + offset;
        if let Ok(kept) = TcpListener::bind(("127.0.0.1", number)) {
            return Ok(Port { number, kept });
        }
    }
    Err(Error::new("no free port on 127.0.0.1"))
}

/// The first port of the kernel's range for client connections.
fn first_of_clients() -> Option<u16> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    range.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_reserved_until_it_is_released() {
        let Ok(port) = free() else { panic!("no port") };
        let number = port.number();
        assert!(number >= 20_000);
        assert!(TcpListener::bind(("127.0.0.1", number)).is_err());
        port.release();
        assert!(TcpListener::bind(("127.0.0.1", number)).is_ok());
    }
}

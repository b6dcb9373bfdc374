//! Limits on the size of a statement.

use genledger_contract::row::ValueRef;
use genledger_contract::{Error, Violation};

use super::family::Family;

/// The limits of one statement of a connection: those of the server, and those of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bound values.
    pub params: usize,
    /// The most rows of one insert.
    pub rows: usize,
    /// The most bytes of the values of one insert, unless a single row has more.
    pub bytes: usize,
    /// The most bytes of one message to the server, including its headers.
    pub packet: usize,
}

impl Limits {
    /// The default limits of a database.
    #[must_use]
    pub const fn of(family: Family) -> Self {
        match family {
            // SQLITE_MAX_VARIABLE_NUMBER of the bundled library. Rows are sent one by one, so their
            // number only bounds what a conflict rolls back. There are no messages.
            Family::Sqlite => Self {
                params: 32_766,
                rows: 10_000,
                bytes: usize::MAX,
                packet: usize::MAX,
            },
            // Rows are sent as one array for each column, so the number of parameters is not a limit.
            // More rows in one statement are not faster for one writer, and slower for two. The server
            // rejects messages of a GiB.
            Family::Postgres => Self {
                params: 65_535,
                rows: 1_000,
                bytes: 32 << 20,
                packet: (1 << 30) - (1 << 16),
            },
            // Half of the smallest `max_allowed_packet` among the defaults (MariaDB's 16 MiB).
            Family::MySql => Self {
                params: 65_535,
                rows: 1_000,
                bytes: 8 << 20,
                packet: 16 << 20,
            },
        }
    }

    /// The same limits with another maximum size of a message.
    #[must_use]
    pub const fn with_packet(mut self, bytes: usize) -> Self {
        self.packet = bytes;
        self
    }

    /// The error for a value, at a path, that exceeds the size of a message.
    pub(crate) fn too_large(path: String) -> Error {
        Violation::new(
            path,
            "too_large",
            "is larger than the server accepts in one packet",
        )
        .into()
    }
}

/// An upper bound for the size of a message with bound values, as the server counts it. It may be a few
/// bytes too high, never too low.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    family: Family,
    values: usize,
    bytes: usize,
}

impl Message {
    /// A message without values.
    pub(crate) const fn new(family: Family) -> Self {
        Self {
            family,
            values: 0,
            bytes: 0,
        }
    }

    /// Adds a value.
    #[must_use]
    pub(crate) fn with(self, value: ValueRef<'_>) -> Self {
        let data = match value {
            ValueRef::Null => 0,
            ValueRef::Text(text) | ValueRef::Json(text) => text.len(),
            ValueRef::Bytes(bytes) => bytes.len(),
            // 28 digits, a sign and a point; fewer bytes in the binary format of PostgreSQL.
            ValueRef::Decimal(_) => 32,
            // A date and time of MySQL is the longest other value.
            _ => 12,
        };
        let length = match self.family {
            Family::Sqlite => 0,
            Family::Postgres => 4,
            Family::MySql => match data {
                0..251 => 1,
                251..0x1_0000 => 3,
                0x1_0000..0x100_0000 => 4,
                _ => 9,
            },
        };
        Self {
            values: self.values + 1,
            bytes: self.bytes.saturating_add(data + length),
            ..self
        }
    }

    /// Adds the values of another message.
    #[must_use]
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            values: self.values + other.values,
            bytes: self.bytes.saturating_add(other.bytes),
            ..self
        }
    }

    /// The size of the larger of the two messages: the one with this many bytes of SQL, and the one
    /// with the values.
    pub(crate) const fn bytes(self, sql: usize) -> usize {
        let (head, each) = match self.family {
            Family::Sqlite => return 0,
            // Names, and for each value its format.
            Family::Postgres => (64, 2 * self.values),
            // COM_STMT_EXECUTE: a bit for each NULL, and two bytes for each type. The server includes
            // the header of a packet, whose size must be less than the limit.
            Family::MySql => (32, self.values.div_ceil(8) + 2 * self.values),
        };
        let bound = self.bytes.saturating_add(head + each);
        let text = sql.saturating_add(head);
        if bound > text { bound } else { text }
    }
}

#[cfg(test)]
mod tests {
    use genledger_contract::row::ValueRef;

    use super::{Family, Message};

    #[test]
    fn the_whole_packet_is_counted() {
        let of = |values: &[ValueRef<'_>]| {
            values
                .iter()
                .fold(Message::new(Family::MySql), |message, value| {
                    message.with(*value)
                })
        };
        // Nine NULLs: two bytes of bits, nine types, and nine lengths, which are not sent.
        assert_eq!(of(&[ValueRef::Null; 9]).bytes(0), 32 + 2 + 18 + 9);
        let text = "x".repeat(70_000);
        assert_eq!(
            of(&[ValueRef::Text(&text)]).bytes(0),
            32 + 1 + 2 + 4 + 70_000
        );
        let two = of(&[ValueRef::I64(1)]).and(of(&[ValueRef::I64(2)]));
        assert_eq!(two, of(&[ValueRef::I64(1), ValueRef::I64(2)]));
        // The text of a statement is a packet of its own.
        assert_eq!(two.bytes(100_000), 100_032);
    }
}

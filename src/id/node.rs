//! The node number in ids.

use genledger_contract::{Error, Result, Violation};

/// The number of a process among those that write to the same tables, from 0 to 1023.
///
/// Two processes that run at the same time need two numbers: nothing else makes their ids differ.
/// Within a process, all generators of a number share one counter.
/// Take it from the deployment (a pod's ordinal, a line in the configuration).
///
/// ```
/// use genledger::id::NodeId;
///
/// assert_eq!(NodeId::new(17)?.get(), 17);
/// assert!(NodeId::new(1024).is_err());
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u16);

impl NodeId {
    /// The number of bits in an id.
    pub(super) const BITS: u32 = 10;

    /// The smallest number, for a system with one writing process.
    pub const ZERO: Self = Self(0);

    /// The greatest number, 1023.
    pub const MAX: Self = Self((1 << Self::BITS) - 1);

    /// The node with this number.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) above 1023.
    pub fn new(number: u16) -> Result<Self> {
        if number <= Self::MAX.0 {
            Ok(Self(number))
        } else {
            Err(Error::from(Violation::new(
                "node",
                "out_of_range",
                "must be from 0 to 1023",
            )))
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// From the lowest bits of a number.
    pub(super) const fn from_low_bits(bits: i64) -> Self {
        // The mask leaves ten bits, which fit.
        let [low, high, ..] = (bits & 0x3FF).to_le_bytes();
        Self(u16::from_le_bytes([low, high]))
    }
}

//! The abilities of backends beyond the contract.

/// The abilities of a store. Behaviour that differs between backends is listed here, so that the conformance
/// suite shows it instead of leaving it out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate ability")]
pub struct Capability {
    /// The display name of the backend: `PostgreSQL`. To decide something, compare the `dialect`.
    pub backend: &'static str,
    /// The dialect, which picks migrations and column types: `memory`, `sqlite`, `postgres`,
    /// `mysql`.
    pub dialect: &'static str,
    /// The version that the server reported, empty if there is none.
    pub version: String,
    /// Whether data outlives the process.
    pub durable: bool,
    /// Whether writes of several connections run at the same time.
    pub concurrent_writers: bool,
    /// Whether rows are picked for a claim with SKIP LOCKED; if not, claims still never overlap.
    pub skip_locked: bool,
    /// The most bytes of one text, JSON or bytes value.
    pub max_value_bytes: usize,
    /// Whether [`Store::verify_schema`](crate::Store::verify_schema) reads the real schema.
    pub introspection: bool,
    /// Whether tables can be partitioned by month.
    pub partitions: bool,
}

impl Capability {
    /// The capability of a backend that guarantees nothing beyond the contract.
    #[must_use]
    pub const fn new(backend: &'static str, dialect: &'static str) -> Self {
        Self {
            backend,
            dialect,
            version: String::new(),
            durable: false,
            concurrent_writers: false,
            skip_locked: false,
            max_value_bytes: crate::table::MAX_TEXT_BYTES,
            introspection: false,
            partitions: false,
        }
    }
}

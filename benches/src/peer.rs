//! The library as a contender, beside the crate `peers`.

pub(crate) mod genledger;

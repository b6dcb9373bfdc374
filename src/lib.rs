//! genledger.

//! The SQLite store of genledger.

//! The PostgreSQL store of genledger.

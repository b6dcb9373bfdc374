//! The MySQL and MariaDB store of genledger.

//! The storage contract of genledger: what a backend must know, nothing about the domain.

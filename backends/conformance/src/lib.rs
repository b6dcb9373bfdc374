//! The conformance suite of genledger: every behaviour of the contract as a case that a backend must pass.

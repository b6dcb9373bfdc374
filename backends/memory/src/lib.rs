//! The in-memory store of genledger: the executable definition of every answer.

//! Statements of the genledger contract rendered to SQL and run over a driver connection.

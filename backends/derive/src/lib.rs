//! The derive macros of genledger: Entity, Embed and CodedEnum.

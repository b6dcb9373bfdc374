//! The programs of the guide and of other documents, compiled and run as those of an application, which depends on
//! `genledger` alone.

/// The pages of the guide.
#[cfg(doctest)]
mod guide {
    macro_rules! pages {
        ($($name:ident: $file:literal;)+) => {$(
            #[doc = include_str!(concat!("../../../docs/guide/", $file))]
            struct $name;
        )+};
    }

    pages! {
        GettingStarted: "getting-started.md";
        YourOwnEntity: "your-own-entity.md";
        ANewQuery: "a-new-query.md";
        WritingLogs: "writing-logs.md";
        Retention: "retention.md";
        Partitions: "partitions.md";
        Generating: "generating.md";
        TransactionsAndRetries: "transactions-and-retries.md";
        OwnSql: "own-sql.md";
        SeeingSql: "seeing-sql.md";
        Caching: "caching.md";
        Testing: "testing.md";
        Adopting: "adopting.md";
        AdoptingALiveTable: "adopting-a-live-table.md";
        DatesAndZones: "dates-and-zones.md";
        SumsAndRollUps: "sums-and-roll-ups.md";
        Privacy: "privacy.md";
        Errors: "errors.md";
    }
}

/// What to do in each case of accounting.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/accounting.md")]
struct Accounting;

/// What to do in each case of generation.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/generation.md")]
struct Generation;

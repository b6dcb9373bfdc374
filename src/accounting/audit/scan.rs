//! `Scan`, a running audit: what it reads from, and where it reports.

use std::fmt::Display;

use genledger_contract::session::Unreadable;
use genledger_contract::{Cursor, Entity, Error, ErrorKind, Query, Result, Session, SessionExt};

use super::{AuditCheck, Audited, Discrepancy};

/// A running audit.
pub(super) struct Scan<'a> {
    pub(super) session: &'a dyn Session,
    pub(super) page_size: u32,
    pub(super) audited: Audited,
    sink: &'a mut (dyn FnMut(Discrepancy) + Send),
}

/// A page of rows that can be read, and where the next one begins.
pub(super) struct Rows<E: Entity> {
    pub(super) items: Vec<Result<E, Unreadable<E>>>,
    pub(super) next: Option<Cursor>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        session: &'a dyn Session,
        page_size: u32,
        sink: &'a mut (dyn FnMut(Discrepancy) + Send),
    ) -> Self {
        Self {
            session,
            page_size,
            audited: Audited::default(),
            sink,
        }
    }

    pub(super) fn report(&mut self, found: Discrepancy) {
        self.audited.discrepancies += 1;
        (self.sink)(found);
    }

    /// Reports values that are not equal.
    pub(super) fn equal<T: PartialEq + Display + ?Sized>(
        &mut self,
        expected: &T,
        found: &T,
        discrepancy: impl FnOnce() -> Discrepancy,
    ) {
        if expected != found {
            let values = (Some(expected.to_string()), Some(found.to_string()));
            self.report(discrepancy().differs(values.0, values.1));
        }
    }

    /// Reports a row that cannot be read.
    pub(super) fn unreadable<E: Entity>(&mut self, error: &Error) {
        let key = error.key().unwrap_or_default().to_owned();
        let mut found = Discrepancy::new(AuditCheck::Unreadable, E::TABLE.name, key);
        found.column = error.column().map(str::to_owned);
        found.found = Some(error.message().to_owned());
        self.report(found);
    }

    /// A page of a query, which may be the first.
    pub(super) async fn page<E: Entity>(
        &mut self,
        query: Query<E>,
        after: Option<Cursor>,
    ) -> Result<Rows<E>> {
        let query = query.page_size(self.page_size).after_maybe(after);
        let page = self.session.page_lenient(&query).await?;
        Ok(Rows {
            items: page.items,
            next: page.next,
        })
    }

    /// The first row of a query, and where the next one begins.
    pub(super) async fn first<E: Entity>(&mut self, query: Query<E>) -> Result<Rows<E>> {
        let page = self.session.page_lenient(&query.page_size(1)).await?;
        Ok(Rows {
            items: page.items,
            next: page.next,
        })
    }

    /// The row of a key; one that cannot be read is reported.
    pub(super) async fn find<E: Entity>(&mut self, key: &E::Key) -> Result<Option<E>> {
        match self.session.find::<E>(key).await {
            Err(error) if error.kind() == ErrorKind::Corrupt => {
                self.unreadable::<E>(&error);
                Ok(None)
            }
            found => found,
        }
    }
}

//! Writing events.

use genledger_contract::{Entity, Error, ErrorKind, Result, RowOutcome, Session, SessionExt};

use super::{Outbox, OutboxEvent};

impl Outbox {
    /// Appends an event, in the transaction of what it tells of, and returns whether it is new. An event
    /// that is there already, with the same content, is not written again.
    ///
    /// ```
    /// use genledger::outbox::{NewOutboxEvent, Outbox};
    /// use genledger::prelude::*;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let store = genledger::connect("memory:").await?;
    /// store.migrate(&[genledger::schema::outbox()]).await?;
    /// let event = NewOutboxEvent::new("tasks", "t-1", 1, "created").into_event(chrono::Utc::now())?;
    /// let tx = store.begin().await?;
    /// assert!(Outbox::append(&*tx, &event).await?);
    /// assert!(!Outbox::append(&*tx, &event).await?); // a replay
    /// tx.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when an event with this topic, aggregate and number is there with
    /// another kind or another payload; nothing was written. Otherwise those of [`Session`].
    pub async fn append(session: &dyn Session, event: &OutboxEvent) -> Result<bool> {
        let outcomes = Self::append_many(session, std::slice::from_ref(event)).await?;
        match outcomes.first() {
            Some(RowOutcome::New) => Ok(true),
            Some(RowOutcome::Present) => Ok(false),
            Some(RowOutcome::Different) => {
                let message = "an event with this number but other content is there already";
                Err(Error::new(ErrorKind::Conflict, message)
                    .with_table(OutboxEvent::TABLE.name)
                    .with_column(OutboxEvent::SEQ.definition().name))
            }
            // A store answers once for each row; an answer that is missing is no promise of a row.
            None => Err(Error::corrupt(
                "the store answered for another number of rows",
            )),
        }
    }

    /// Appends events in one atomic step and returns for each, in order, whether it was new, present
    /// already, or present with another kind or another payload, in which case it is not written.
    ///
    /// # Errors
    /// Those of [`Session`].
    pub async fn append_many(
        session: &dyn Session,
        events: &[OutboxEvent],
    ) -> Result<Vec<RowOutcome>> {
        let mut outcomes = session.insert_many(events).await?;
        for (event, outcome) in events.iter().zip(&mut outcomes) {
            // The stored row has a position by now, or the time of another attempt.
            if *outcome == RowOutcome::Different {
                let stored = session.get::<OutboxEvent>(&event.id).await?;
                if (&stored.kind, &stored.payload) == (&event.kind, &event.payload) {
                    *outcome = RowOutcome::Present;
                }
            }
        }
        Ok(outcomes)
    }
}

CREATE TABLE IF NOT EXISTS "outbox_events" (
    "id" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "aggregate_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "payload" TEXT NOT NULL,
    "create_time" INTEGER NOT NULL,
    "position" INTEGER NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "uk_outbox_events_topic_aggregate_id_seq" UNIQUE ("topic", "aggregate_id", "seq"),
    CONSTRAINT "uk_outbox_events_position" UNIQUE ("position")
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_outbox_events_position_create_time_id" ON "outbox_events" ("position", "create_time", "id");

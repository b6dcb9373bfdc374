CREATE TABLE IF NOT EXISTS "outbox_events" (
    "id" varchar(36) COLLATE "C" NOT NULL,
    "topic" varchar(50) COLLATE "C" NOT NULL,
    "aggregate_id" varchar(64) COLLATE "C" NOT NULL,
    "seq" bigint NOT NULL,
    "kind" varchar(40) COLLATE "C" NOT NULL,
    "payload" json NOT NULL,
    "create_time" timestamptz(3) NOT NULL,
    "position" bigint NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "uk_outbox_events_topic_aggregate_id_seq" UNIQUE ("topic", "aggregate_id", "seq"),
    CONSTRAINT "uk_outbox_events_position" UNIQUE ("position")
);

CREATE INDEX IF NOT EXISTS "ix_outbox_events_position_create_time_id" ON "outbox_events" ("position" NULLS FIRST, "create_time", "id");

COMMENT ON TABLE "outbox_events" IS 'Something that happened to an aggregate, which consumers read.';

COMMENT ON COLUMN "outbox_events"."id" IS 'Primary key: topic, aggregate and number as a name-based UUID (RFC 9562, version 8) with SHA-256, so that the same event has the same key.';

COMMENT ON COLUMN "outbox_events"."topic" IS 'What it is about: `generation.image`; 1 to 50 characters.';

COMMENT ON COLUMN "outbox_events"."aggregate_id" IS 'The thing that it happened to; 1 to 64 characters.';

COMMENT ON COLUMN "outbox_events"."seq" IS 'Its number among those of the aggregate: the version of the row after the change.';

COMMENT ON COLUMN "outbox_events"."kind" IS 'What happened: `status_changed`; 1 to 40 characters.';

COMMENT ON COLUMN "outbox_events"."payload" IS 'The details, a JSON object.';

COMMENT ON COLUMN "outbox_events"."create_time" IS 'When it was written, by the clock of the writer, in UTC, to the millisecond.';

COMMENT ON COLUMN "outbox_events"."position" IS 'Its place in the order of all events, from 1 on; absent until the sequencer has seen it.';

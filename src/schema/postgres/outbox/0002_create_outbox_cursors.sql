CREATE TABLE IF NOT EXISTS "outbox_cursors" (
    "name" varchar(64) COLLATE "C" NOT NULL,
    "position" bigint NOT NULL DEFAULT 0,
    "lease_seq" bigint NOT NULL DEFAULT 0,
    "holder" varchar(64) COLLATE "C" NULL,
    "expires_at" timestamptz(3) NULL,
    PRIMARY KEY ("name")
);

COMMENT ON TABLE "outbox_cursors" IS 'The position of a consumer, or of the sequencer, whose name is `$sequencer`.';

COMMENT ON COLUMN "outbox_cursors"."name" IS 'Primary key: the name of a consumer, or `$sequencer`; 1 to 64 characters.';

COMMENT ON COLUMN "outbox_cursors"."position" IS 'The last position that the consumer acknowledged, or that the sequencer gave; 0 for none.';

COMMENT ON COLUMN "outbox_cursors"."lease_seq" IS 'The fencing number of the lease, which counts up each time that it is taken. Only the sequencer has a lease.';

COMMENT ON COLUMN "outbox_cursors"."holder" IS 'Who has the lease; at most 64 characters.';

COMMENT ON COLUMN "outbox_cursors"."expires_at" IS 'When the lease may be taken by another holder, by the clock of the database.';

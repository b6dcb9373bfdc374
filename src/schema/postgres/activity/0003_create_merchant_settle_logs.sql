CREATE TABLE IF NOT EXISTS "merchant_settle_logs" (
    "id" varchar(64) COLLATE "C" NOT NULL,
    "user_id" varchar(64) COLLATE "C" NULL,
    "client_type" smallint NOT NULL DEFAULT -1,
    "ctl_dev_id" varchar(128) COLLATE "C" NULL,
    "ctl_channel" varchar(64) COLLATE "C" NULL,
    "ctl_version" varchar(32) COLLATE "C" NULL,
    "description" text COLLATE "C" NULL,
    "session_id" varchar(255) COLLATE "C" NULL,
    "roles" json NOT NULL,
    "record_time_stamp" bigint NOT NULL,
    PRIMARY KEY ("id")
);

CREATE INDEX IF NOT EXISTS "ix_merchant_settle_logs_record_time_stamp_id" ON "merchant_settle_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_merchant_settle_logs_user_id_record_time_stamp_id" ON "merchant_settle_logs" ("user_id" NULLS FIRST, "record_time_stamp" DESC, "id" DESC);

COMMENT ON TABLE "merchant_settle_logs" IS 'A merchant joined the platform.';

COMMENT ON COLUMN "merchant_settle_logs"."id" IS 'The id, made by the client; opaque.';

COMMENT ON COLUMN "merchant_settle_logs"."user_id" IS 'The user; absent for what can be done anonymously.';

COMMENT ON COLUMN "merchant_settle_logs"."client_type" IS 'The kind of client; unknown when missing.';

COMMENT ON COLUMN "merchant_settle_logs"."ctl_dev_id" IS 'The id of the device.';

COMMENT ON COLUMN "merchant_settle_logs"."ctl_channel" IS 'The channel that the client was distributed through.';

COMMENT ON COLUMN "merchant_settle_logs"."ctl_version" IS 'The version of the client.';

COMMENT ON COLUMN "merchant_settle_logs"."description" IS 'Reserved.';

COMMENT ON COLUMN "merchant_settle_logs"."session_id" IS 'The session.';

COMMENT ON COLUMN "merchant_settle_logs"."roles" IS 'The roles of the user at that time.';

COMMENT ON COLUMN "merchant_settle_logs"."record_time_stamp" IS 'When it happened.';

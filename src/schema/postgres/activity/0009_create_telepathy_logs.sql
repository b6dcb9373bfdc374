CREATE TABLE IF NOT EXISTS "telepathy_logs" (
    "id" varchar(64) COLLATE "C" NOT NULL,
    "user_id" varchar(64) COLLATE "C" NULL,
    "client_type" smallint NOT NULL DEFAULT -1,
    "ctl_dev_id" varchar(128) COLLATE "C" NULL,
    "ctl_channel" varchar(64) COLLATE "C" NULL,
    "ctl_version" varchar(32) COLLATE "C" NULL,
    "description" text COLLATE "C" NULL,
    "session_id" varchar(255) COLLATE "C" NULL,
    "roles" json NOT NULL,
    "telepathy_trade_flow_type" smallint NOT NULL,
    "trade_item" varchar(128) COLLATE "C" NOT NULL,
    "trade_amount" numeric(18, 6) NOT NULL,
    "remain_amount" numeric(18, 6) NOT NULL,
    "record_time_stamp" bigint NOT NULL,
    PRIMARY KEY ("id")
);

CREATE INDEX IF NOT EXISTS "ix_telepathy_logs_record_time_stamp_id" ON "telepathy_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_telepathy_logs_user_id_record_time_stamp_id" ON "telepathy_logs" ("user_id" NULLS FIRST, "record_time_stamp" DESC, "id" DESC);

COMMENT ON TABLE "telepathy_logs" IS 'Compute points of a user flowed.';

COMMENT ON COLUMN "telepathy_logs"."id" IS 'The id, made by the client; opaque.';

COMMENT ON COLUMN "telepathy_logs"."user_id" IS 'The user; absent for what can be done anonymously.';

COMMENT ON COLUMN "telepathy_logs"."client_type" IS 'The kind of client; unknown when missing.';

COMMENT ON COLUMN "telepathy_logs"."ctl_dev_id" IS 'The id of the device.';

COMMENT ON COLUMN "telepathy_logs"."ctl_channel" IS 'The channel that the client was distributed through.';

COMMENT ON COLUMN "telepathy_logs"."ctl_version" IS 'The version of the client.';

COMMENT ON COLUMN "telepathy_logs"."description" IS 'Reserved.';

COMMENT ON COLUMN "telepathy_logs"."session_id" IS 'The session.';

COMMENT ON COLUMN "telepathy_logs"."roles" IS 'The roles of the user at that time.';

COMMENT ON COLUMN "telepathy_logs"."telepathy_trade_flow_type" IS 'Which way.';

COMMENT ON COLUMN "telepathy_logs"."trade_item" IS 'What for; an open set of words.';

COMMENT ON COLUMN "telepathy_logs"."trade_amount" IS 'How much, in compute points, at most 6 digits after the point.';

COMMENT ON COLUMN "telepathy_logs"."remain_amount" IS 'What remains afterwards, in compute points.';

COMMENT ON COLUMN "telepathy_logs"."record_time_stamp" IS 'When it happened.';

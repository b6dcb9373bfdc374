CREATE TABLE IF NOT EXISTS "wallet_logs" (
    "id" varchar(64) COLLATE "C" NOT NULL,
    "user_id" varchar(64) COLLATE "C" NULL,
    "client_type" smallint NOT NULL DEFAULT -1,
    "ctl_dev_id" varchar(128) COLLATE "C" NULL,
    "ctl_channel" varchar(64) COLLATE "C" NULL,
    "ctl_version" varchar(32) COLLATE "C" NULL,
    "description" text COLLATE "C" NULL,
    "session_id" varchar(255) COLLATE "C" NULL,
    "roles" json NOT NULL,
    "trade_type" smallint NOT NULL,
    "trade_item" varchar(128) COLLATE "C" NOT NULL,
    "trade_amount" numeric(18, 6) NOT NULL,
    "remain_amount" numeric(18, 6) NOT NULL,
    "record_time_stamp" bigint NOT NULL,
    PRIMARY KEY ("id")
);

CREATE INDEX IF NOT EXISTS "ix_wallet_logs_record_time_stamp_id" ON "wallet_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_wallet_logs_user_id_record_time_stamp_id" ON "wallet_logs" ("user_id" NULLS FIRST, "record_time_stamp" DESC, "id" DESC);

COMMENT ON TABLE "wallet_logs" IS 'Money of a wallet flowed.';

COMMENT ON COLUMN "wallet_logs"."id" IS 'The id, made by the client; opaque.';

COMMENT ON COLUMN "wallet_logs"."user_id" IS 'The user; absent for what can be done anonymously.';

COMMENT ON COLUMN "wallet_logs"."client_type" IS 'The kind of client; unknown when missing.';

COMMENT ON COLUMN "wallet_logs"."ctl_dev_id" IS 'The id of the device.';

COMMENT ON COLUMN "wallet_logs"."ctl_channel" IS 'The channel that the client was distributed through.';

COMMENT ON COLUMN "wallet_logs"."ctl_version" IS 'The version of the client.';

COMMENT ON COLUMN "wallet_logs"."description" IS 'Reserved.';

COMMENT ON COLUMN "wallet_logs"."session_id" IS 'The session.';

COMMENT ON COLUMN "wallet_logs"."roles" IS 'The roles of the user at that time.';

COMMENT ON COLUMN "wallet_logs"."trade_type" IS 'Which way. The platform gives no codes: those here are an assumption.';

COMMENT ON COLUMN "wallet_logs"."trade_item" IS 'What for; an open set of words.';

COMMENT ON COLUMN "wallet_logs"."trade_amount" IS 'How much, in CNY, at most 6 digits after the point.';

COMMENT ON COLUMN "wallet_logs"."remain_amount" IS 'What remains afterwards, in CNY.';

COMMENT ON COLUMN "wallet_logs"."record_time_stamp" IS 'When it happened.';

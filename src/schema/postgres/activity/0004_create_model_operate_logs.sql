CREATE TABLE IF NOT EXISTS "model_operate_logs" (
    "id" varchar(64) COLLATE "C" NOT NULL,
    "user_id" varchar(64) COLLATE "C" NULL,
    "client_type" smallint NOT NULL DEFAULT -1,
    "ctl_dev_id" varchar(128) COLLATE "C" NULL,
    "ctl_channel" varchar(64) COLLATE "C" NULL,
    "ctl_version" varchar(32) COLLATE "C" NULL,
    "description" text COLLATE "C" NULL,
    "session_id" varchar(255) COLLATE "C" NULL,
    "roles" json NOT NULL,
    "operate_type" smallint NOT NULL,
    "record_time_stamp" bigint NOT NULL,
    PRIMARY KEY ("id")
);

CREATE INDEX IF NOT EXISTS "ix_model_operate_logs_record_time_stamp_id" ON "model_operate_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_model_operate_logs_user_id_record_time_stamp_id" ON "model_operate_logs" ("user_id" NULLS FIRST, "record_time_stamp" DESC, "id" DESC);

COMMENT ON TABLE "model_operate_logs" IS 'A model was trained, published, listed or moved.';

COMMENT ON COLUMN "model_operate_logs"."id" IS 'The id, made by the client; opaque.';

COMMENT ON COLUMN "model_operate_logs"."user_id" IS 'The user; absent for what can be done anonymously.';

COMMENT ON COLUMN "model_operate_logs"."client_type" IS 'The kind of client; unknown when missing.';

COMMENT ON COLUMN "model_operate_logs"."ctl_dev_id" IS 'The id of the device.';

COMMENT ON COLUMN "model_operate_logs"."ctl_channel" IS 'The channel that the client was distributed through.';

COMMENT ON COLUMN "model_operate_logs"."ctl_version" IS 'The version of the client.';

COMMENT ON COLUMN "model_operate_logs"."description" IS 'Reserved.';

COMMENT ON COLUMN "model_operate_logs"."session_id" IS 'The session.';

COMMENT ON COLUMN "model_operate_logs"."roles" IS 'The roles of the user at that time.';

COMMENT ON COLUMN "model_operate_logs"."operate_type" IS 'What was done.';

COMMENT ON COLUMN "model_operate_logs"."record_time_stamp" IS 'When it happened.';

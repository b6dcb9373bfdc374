CREATE TABLE IF NOT EXISTS "model_use_logs" (
    "id" varchar(64) COLLATE "C" NOT NULL,
    "user_id" varchar(64) COLLATE "C" NULL,
    "client_type" smallint NOT NULL DEFAULT -1,
    "ctl_dev_id" varchar(128) COLLATE "C" NULL,
    "ctl_channel" varchar(64) COLLATE "C" NULL,
    "ctl_version" varchar(32) COLLATE "C" NULL,
    "description" text COLLATE "C" NULL,
    "session_id" varchar(255) COLLATE "C" NULL,
    "roles" json NOT NULL,
    "is_success" boolean NOT NULL,
    "belong_user_id" varchar(64) COLLATE "C" NOT NULL,
    "record_time_stamp" bigint NOT NULL,
    PRIMARY KEY ("id")
);

CREATE INDEX IF NOT EXISTS "ix_model_use_logs_record_time_stamp_id" ON "model_use_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_model_use_logs_user_id_record_time_stamp_id" ON "model_use_logs" ("user_id" NULLS FIRST, "record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_model_use_logs_belong_user_id_record_time_stamp_id" ON "model_use_logs" ("belong_user_id", "record_time_stamp" DESC, "id" DESC);

COMMENT ON TABLE "model_use_logs" IS 'A model was used to generate images.';

COMMENT ON COLUMN "model_use_logs"."id" IS 'The id, made by the client; opaque.';

COMMENT ON COLUMN "model_use_logs"."user_id" IS 'The user; absent for what can be done anonymously.';

COMMENT ON COLUMN "model_use_logs"."client_type" IS 'The kind of client; unknown when missing.';

COMMENT ON COLUMN "model_use_logs"."ctl_dev_id" IS 'The id of the device.';

COMMENT ON COLUMN "model_use_logs"."ctl_channel" IS 'The channel that the client was distributed through.';

COMMENT ON COLUMN "model_use_logs"."ctl_version" IS 'The version of the client.';

COMMENT ON COLUMN "model_use_logs"."description" IS 'Reserved.';

COMMENT ON COLUMN "model_use_logs"."session_id" IS 'The session.';

COMMENT ON COLUMN "model_use_logs"."roles" IS 'The roles of the user at that time.';

COMMENT ON COLUMN "model_use_logs"."is_success" IS 'Whether the use succeeded; generating images may fail.';

COMMENT ON COLUMN "model_use_logs"."belong_user_id" IS 'The user who owns the model.';

COMMENT ON COLUMN "model_use_logs"."record_time_stamp" IS 'When it happened.';

CREATE TABLE IF NOT EXISTS "generate_image_logs" (
    "id" varchar(64) COLLATE "C" NOT NULL,
    "user_id" varchar(64) COLLATE "C" NULL,
    "client_type" smallint NOT NULL DEFAULT -1,
    "ctl_dev_id" varchar(128) COLLATE "C" NULL,
    "ctl_channel" varchar(64) COLLATE "C" NULL,
    "ctl_version" varchar(32) COLLATE "C" NULL,
    "description" text COLLATE "C" NULL,
    "session_id" varchar(255) COLLATE "C" NULL,
    "roles" json NOT NULL,
    "task_id" varchar(64) COLLATE "C" NOT NULL,
    "parameter_info" json NOT NULL,
    "is_success" boolean NOT NULL,
    "picture_list" json NOT NULL,
    "amount" numeric(18, 6) NOT NULL,
    "wait_time_stamp" bigint NOT NULL,
    "start_time_stamp" bigint NOT NULL,
    "record_time_stamp" bigint NOT NULL,
    "reason" text COLLATE "C" NULL,
    "run_time_ms" bigint NOT NULL,
    "task_kind" smallint NOT NULL DEFAULT 0,
    PRIMARY KEY ("id")
);

CREATE INDEX IF NOT EXISTS "ix_generate_image_logs_record_time_stamp_id" ON "generate_image_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_generate_image_logs_user_id_record_time_stamp_id" ON "generate_image_logs" ("user_id" NULLS FIRST, "record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_generate_image_logs_task_id" ON "generate_image_logs" ("task_id");

COMMENT ON TABLE "generate_image_logs" IS 'Images were generated, or could not be.';

COMMENT ON COLUMN "generate_image_logs"."id" IS 'The id, made by the client; opaque.';

COMMENT ON COLUMN "generate_image_logs"."user_id" IS 'The user; absent for what can be done anonymously.';

COMMENT ON COLUMN "generate_image_logs"."client_type" IS 'The kind of client; unknown when missing.';

COMMENT ON COLUMN "generate_image_logs"."ctl_dev_id" IS 'The id of the device.';

COMMENT ON COLUMN "generate_image_logs"."ctl_channel" IS 'The channel that the client was distributed through.';

COMMENT ON COLUMN "generate_image_logs"."ctl_version" IS 'The version of the client.';

COMMENT ON COLUMN "generate_image_logs"."description" IS 'Reserved.';

COMMENT ON COLUMN "generate_image_logs"."session_id" IS 'The session.';

COMMENT ON COLUMN "generate_image_logs"."roles" IS 'The roles of the user at that time.';

COMMENT ON COLUMN "generate_image_logs"."task_id" IS 'The id of the task.';

COMMENT ON COLUMN "generate_image_logs"."parameter_info" IS 'What was asked for.';

COMMENT ON COLUMN "generate_image_logs"."is_success" IS 'Whether there are images.';

COMMENT ON COLUMN "generate_image_logs"."picture_list" IS 'The images; empty after a failure.';

COMMENT ON COLUMN "generate_image_logs"."amount" IS 'The compute points that it took, at most 6 digits after the point.';

COMMENT ON COLUMN "generate_image_logs"."wait_time_stamp" IS 'How long it waited in the queue, in milliseconds: a duration.';

COMMENT ON COLUMN "generate_image_logs"."start_time_stamp" IS 'When it started to run.';

COMMENT ON COLUMN "generate_image_logs"."record_time_stamp" IS 'When it finished or failed.';

COMMENT ON COLUMN "generate_image_logs"."reason" IS 'Why it failed; absent after a success.';

COMMENT ON COLUMN "generate_image_logs"."run_time_ms" IS 'How long it ran, in milliseconds: kept by the library, so that it can be ranked. Not in JSON.';

COMMENT ON COLUMN "generate_image_logs"."task_kind" IS 'The kind of task, that of `ParameterInfo`: kept by the library, so that tasks can be counted by it. Not in JSON.';

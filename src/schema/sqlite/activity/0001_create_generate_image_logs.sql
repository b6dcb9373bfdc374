CREATE TABLE IF NOT EXISTS "generate_image_logs" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NULL,
    "client_type" INTEGER NOT NULL DEFAULT -1 CHECK ("client_type" BETWEEN -32768 AND 32767),
    "ctl_dev_id" TEXT NULL,
    "ctl_channel" TEXT NULL,
    "ctl_version" TEXT NULL,
    "description" TEXT NULL,
    "session_id" TEXT NULL,
    "roles" TEXT NOT NULL,
    "task_id" TEXT NOT NULL,
    "parameter_info" TEXT NOT NULL,
    "is_success" INTEGER NOT NULL CHECK ("is_success" IN (0, 1)),
    "picture_list" TEXT NOT NULL,
    "amount" INTEGER NOT NULL CHECK ("amount" BETWEEN -999999999999999999 AND 999999999999999999),
    "wait_time_stamp" INTEGER NOT NULL,
    "start_time_stamp" INTEGER NOT NULL,
    "record_time_stamp" INTEGER NOT NULL,
    "reason" TEXT NULL,
    "run_time_ms" INTEGER NOT NULL,
    "task_kind" INTEGER NOT NULL DEFAULT 0 CHECK ("task_kind" BETWEEN -32768 AND 32767),
    PRIMARY KEY ("id")
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_generate_image_logs_record_time_stamp_id" ON "generate_image_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_generate_image_logs_user_id_record_time_stamp_id" ON "generate_image_logs" ("user_id", "record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_generate_image_logs_task_id" ON "generate_image_logs" ("task_id");

CREATE TABLE IF NOT EXISTS "jimeng_video_generation_records" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "project_name" TEXT NOT NULL,
    "storyboard_id" TEXT NOT NULL,
    "work_id" TEXT NOT NULL,
    "prompt" TEXT NOT NULL,
    "negative_prompt" TEXT NULL,
    "original_session_id" TEXT NULL,
    "want_site" INTEGER NULL CHECK ("want_site" BETWEEN -32768 AND 32767),
    "priority" INTEGER NOT NULL DEFAULT 0 CHECK ("priority" BETWEEN -2147483648 AND 2147483647),
    "callback_url" TEXT NULL,
    "create_by" TEXT NULL,
    "attr1" TEXT NULL,
    "attr2" TEXT NULL,
    "attr3" TEXT NULL,
    "model" TEXT NOT NULL,
    "ratio" TEXT NOT NULL DEFAULT '16:9',
    "resolution" TEXT NOT NULL DEFAULT '720p',
    "duration" INTEGER NOT NULL DEFAULT 5 CHECK ("duration" BETWEEN -2147483648 AND 2147483647),
    "response_format" TEXT NOT NULL DEFAULT 'url',
    "input_images" TEXT NULL,
    "jimeng_accounts_id" TEXT NULL,
    "site_used" INTEGER NULL CHECK ("site_used" BETWEEN -32768 AND 32767),
    "generation_status" INTEGER NOT NULL DEFAULT 0 CHECK ("generation_status" BETWEEN -32768 AND 32767),
    "remote_task_id" TEXT NULL,
    "generation_time" INTEGER NULL CHECK ("generation_time" BETWEEN 0 AND 2147483647),
    "error_code" TEXT NULL,
    "error_message" TEXT NULL,
    "site_switch_count" INTEGER NOT NULL DEFAULT 0 CHECK ("site_switch_count" BETWEEN -2147483648 AND 2147483647),
    "account_type" INTEGER NOT NULL DEFAULT 0 CHECK ("account_type" BETWEEN -32768 AND 32767),
    "avoid_account_id" TEXT NULL,
    "ready" INTEGER NOT NULL DEFAULT 0 CHECK ("ready" BETWEEN -32768 AND 32767),
    "attempt_id" TEXT NULL,
    "attempt_count" INTEGER NOT NULL DEFAULT 0 CHECK ("attempt_count" BETWEEN -2147483648 AND 2147483647),
    "lease_seq" INTEGER NOT NULL DEFAULT 0,
    "run" INTEGER NOT NULL DEFAULT 1 CHECK ("run" BETWEEN -2147483648 AND 2147483647),
    "retry_count" INTEGER NOT NULL DEFAULT 0 CHECK ("retry_count" BETWEEN -2147483648 AND 2147483647),
    "hop_count" INTEGER NOT NULL DEFAULT 0 CHECK ("hop_count" BETWEEN -2147483648 AND 2147483647),
    "next_retry_at" INTEGER NULL,
    "started_at" INTEGER NULL,
    "finished_at" INTEGER NULL,
    "inbound_seq" INTEGER NOT NULL DEFAULT 0,
    "video_urls" TEXT NULL,
    "video_local_paths" TEXT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "is_deleted" INTEGER NOT NULL DEFAULT 0 CHECK ("is_deleted" IN (0, 1)),
    "create_time" INTEGER NOT NULL,
    "update_time" INTEGER NOT NULL,
    "update_by" TEXT NULL,
    PRIMARY KEY ("id")
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS "uk_video_project_storyboard" ON "jimeng_video_generation_records" ("project_id", "storyboard_id") WHERE "is_deleted" IS NOT TRUE;

CREATE INDEX IF NOT EXISTS "idx_video_account_status" ON "jimeng_video_generation_records" ("jimeng_accounts_id", "generation_status");

CREATE INDEX IF NOT EXISTS "idx_video_project_storyboard" ON "jimeng_video_generation_records" ("project_id", "storyboard_id");

CREATE INDEX IF NOT EXISTS "idx_video_status_create_time" ON "jimeng_video_generation_records" ("generation_status", "create_time");

CREATE INDEX IF NOT EXISTS "idx_remote_task_id" ON "jimeng_video_generation_records" ("remote_task_id");

CREATE INDEX IF NOT EXISTS "idx_video_claim" ON "jimeng_video_generation_records" ("ready", "account_type", "priority" DESC, "create_time", "id");

CREATE INDEX IF NOT EXISTS "idx_video_due" ON "jimeng_video_generation_records" ("ready", "next_retry_at");

CREATE INDEX IF NOT EXISTS "idx_video_work" ON "jimeng_video_generation_records" ("work_id", "create_time");

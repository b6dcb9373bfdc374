CREATE TABLE IF NOT EXISTS "jimeng_accounts" (
    "id" TEXT NOT NULL,
    "jimeng_account" TEXT NOT NULL,
    "jimeng_account_type" INTEGER NOT NULL DEFAULT 0 CHECK ("jimeng_account_type" BETWEEN -32768 AND 32767),
    "session_id" TEXT NOT NULL,
    "site_type" INTEGER NOT NULL DEFAULT 0 CHECK ("site_type" BETWEEN -32768 AND 32767),
    "account_status" INTEGER NOT NULL DEFAULT 0 CHECK ("account_status" BETWEEN -32768 AND 32767),
    "image_generation_status" INTEGER NOT NULL DEFAULT 1 CHECK ("image_generation_status" BETWEEN -32768 AND 32767),
    "video_generation_status" INTEGER NOT NULL DEFAULT 1 CHECK ("video_generation_status" BETWEEN -32768 AND 32767),
    "image_count" INTEGER NOT NULL DEFAULT 0 CHECK ("image_count" BETWEEN -2147483648 AND 2147483647),
    "video_count" INTEGER NOT NULL DEFAULT 0 CHECK ("video_count" BETWEEN -2147483648 AND 2147483647),
    "image_unavailable_time" INTEGER NULL,
    "video_unavailable_time" INTEGER NULL,
    "quota_reset_time" INTEGER NULL,
    "image_active" INTEGER NOT NULL DEFAULT 0 CHECK ("image_active" BETWEEN -2147483648 AND 2147483647),
    "video_active" INTEGER NOT NULL DEFAULT 0 CHECK ("video_active" BETWEEN -2147483648 AND 2147483647),
    "image_available_at" INTEGER NULL,
    "video_available_at" INTEGER NULL,
    "image_strikes" INTEGER NOT NULL DEFAULT 0 CHECK ("image_strikes" BETWEEN -32768 AND 32767),
    "video_strikes" INTEGER NOT NULL DEFAULT 0 CHECK ("video_strikes" BETWEEN -32768 AND 32767),
    "lease_seq" INTEGER NOT NULL DEFAULT 0,
    "state_seq" INTEGER NOT NULL DEFAULT 0,
    "last_used_at" INTEGER NULL,
    "priority" INTEGER NOT NULL DEFAULT 0 CHECK ("priority" BETWEEN -2147483648 AND 2147483647),
    "max_retry_count" INTEGER NOT NULL DEFAULT 4 CHECK ("max_retry_count" BETWEEN 0 AND 100),
    "time_zone" TEXT NOT NULL DEFAULT 'Asia/Shanghai',
    "weight" INTEGER NOT NULL DEFAULT 1 CHECK ("weight" BETWEEN 0 AND 1000),
    "image_limit" INTEGER NOT NULL DEFAULT 1 CHECK ("image_limit" BETWEEN 0 AND 1000),
    "video_limit" INTEGER NOT NULL DEFAULT 1 CHECK ("video_limit" BETWEEN 0 AND 1000),
    "version" INTEGER NOT NULL DEFAULT 1,
    "is_deleted" INTEGER NOT NULL DEFAULT 0 CHECK ("is_deleted" IN (0, 1)),
    "create_time" INTEGER NOT NULL,
    "update_time" INTEGER NOT NULL,
    "update_by" TEXT NULL,
    "create_by" TEXT NULL,
    "attr1" TEXT NULL,
    "attr2" TEXT NULL,
    "attr3" TEXT NULL,
    PRIMARY KEY ("id")
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS "uk_session_site" ON "jimeng_accounts" ("session_id", "site_type") WHERE "is_deleted" IS NOT TRUE;

CREATE INDEX IF NOT EXISTS "idx_account_status" ON "jimeng_accounts" ("account_status");

CREATE INDEX IF NOT EXISTS "idx_generation_status" ON "jimeng_accounts" ("image_generation_status", "video_generation_status");

CREATE INDEX IF NOT EXISTS "idx_priority_create_time" ON "jimeng_accounts" ("priority" DESC, "create_time" DESC);

CREATE INDEX IF NOT EXISTS "idx_reset" ON "jimeng_accounts" ("account_status", "quota_reset_time");

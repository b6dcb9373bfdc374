CREATE TABLE IF NOT EXISTS "usage_rollups" (
    "dimension_set" INTEGER NOT NULL CHECK ("dimension_set" BETWEEN -32768 AND 32767),
    "bucket" INTEGER NOT NULL,
    "dimensions" TEXT NOT NULL,
    "user_id" INTEGER NULL,
    "model_name" TEXT NULL,
    "channel_id" INTEGER NULL,
    "token_id" INTEGER NULL,
    "group" TEXT NULL,
    "requests" INTEGER NOT NULL DEFAULT 0,
    "quota" INTEGER NOT NULL DEFAULT 0,
    "prompt_tokens" INTEGER NOT NULL DEFAULT 0,
    "completion_tokens" INTEGER NOT NULL DEFAULT 0,
    "refunds" INTEGER NOT NULL DEFAULT 0,
    "refunded_quota" INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY ("dimension_set", "bucket", "dimensions")
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_usage_rollups_dimension_set_user_id_bucket" ON "usage_rollups" ("dimension_set", "user_id", "bucket");

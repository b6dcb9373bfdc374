CREATE TABLE IF NOT EXISTS "usage_rollups" (
    "bucket" INTEGER NOT NULL,
    "dimensions" TEXT NOT NULL,
    "user_id" INTEGER NOT NULL,
    "model_name" TEXT NOT NULL DEFAULT '',
    "channel_id" INTEGER NOT NULL DEFAULT 0,
    "token_id" INTEGER NOT NULL DEFAULT 0,
    "group" TEXT NOT NULL DEFAULT '',
    "requests" INTEGER NOT NULL DEFAULT 0,
    "quota" INTEGER NOT NULL DEFAULT 0,
    "prompt_tokens" INTEGER NOT NULL DEFAULT 0,
    "completion_tokens" INTEGER NOT NULL DEFAULT 0,
    "refunds" INTEGER NOT NULL DEFAULT 0,
    "refunded_quota" INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY ("bucket", "dimensions")
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_usage_rollups_user_id_bucket" ON "usage_rollups" ("user_id", "bucket");

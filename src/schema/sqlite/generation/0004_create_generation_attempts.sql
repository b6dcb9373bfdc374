CREATE TABLE IF NOT EXISTS "generation_attempts" (
    "id" TEXT NOT NULL,
    "media" INTEGER NOT NULL CHECK ("media" BETWEEN -32768 AND 32767),
    "task_id" TEXT NULL,
    "attempt_no" INTEGER NULL CHECK ("attempt_no" BETWEEN -2147483648 AND 2147483647),
    "account_id" TEXT NULL,
    "account_seq" INTEGER NOT NULL DEFAULT 0,
    "site" INTEGER NULL CHECK ("site" BETWEEN -32768 AND 32767),
    "seq" INTEGER NOT NULL,
    "holder" TEXT NOT NULL,
    "claim_token" TEXT NULL,
    "submit_state" INTEGER NOT NULL DEFAULT 0 CHECK ("submit_state" BETWEEN -32768 AND 32767),
    "submitted_at" INTEGER NULL,
    "remote_task_id" TEXT NULL,
    "probe_until_at" INTEGER NULL,
    "started_at" INTEGER NULL,
    "expires_at" INTEGER NULL,
    "outcome" INTEGER NULL CHECK ("outcome" BETWEEN -32768 AND 32767),
    "ended_at" INTEGER NULL,
    "error_code" TEXT NULL,
    "error_message" TEXT NULL,
    "result" TEXT NULL,
    "evidence" TEXT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "uk_attempt_no" UNIQUE ("task_id", "media", "attempt_no")
) STRICT;

CREATE INDEX IF NOT EXISTS "idx_attempt_expiry" ON "generation_attempts" ("expires_at");

CREATE INDEX IF NOT EXISTS "idx_attempt_account" ON "generation_attempts" ("account_id", "ended_at");

CREATE INDEX IF NOT EXISTS "idx_attempt_claim_token" ON "generation_attempts" ("claim_token");

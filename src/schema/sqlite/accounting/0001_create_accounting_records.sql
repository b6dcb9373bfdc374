CREATE TABLE IF NOT EXISTS "accounting_records" (
    "id" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "llmid" TEXT NULL,
    "model_name" TEXT NULL,
    "pricing_id" TEXT NULL,
    "input_tokens" INTEGER NULL,
    "output_tokens" INTEGER NULL,
    "total_tokens" INTEGER NULL,
    "unit" TEXT NULL,
    "quantity" INTEGER NULL CHECK ("quantity" BETWEEN -999999999999999 AND 999999999999999),
    "quantities" TEXT NULL,
    "currency" TEXT NOT NULL DEFAULT 'CNY',
    "request_id" TEXT NULL,
    "transno" TEXT NULL,
    "retry_count" INTEGER NOT NULL DEFAULT 0 CHECK ("retry_count" BETWEEN 0 AND 32767),
    "amount" INTEGER NOT NULL DEFAULT 0 CHECK ("amount" BETWEEN -999999999999999999 AND 999999999999999999),
    "status" TEXT NOT NULL DEFAULT 'pending',
    "price" TEXT NULL,
    "price_version" TEXT NULL,
    "held" INTEGER NOT NULL DEFAULT 0 CHECK ("held" BETWEEN -999999999999999999 AND 999999999999999999),
    "shortfall" INTEGER NOT NULL DEFAULT 0 CHECK ("shortfall" BETWEEN -999999999999999999 AND 999999999999999999),
    "adjusted" INTEGER NOT NULL DEFAULT 0 CHECK ("adjusted" BETWEEN -999999999999999999 AND 999999999999999999),
    "refunded" INTEGER NOT NULL DEFAULT 0 CHECK ("refunded" BETWEEN -999999999999999999 AND 999999999999999999),
    "failure_reason" TEXT NULL,
    "expires_at" INTEGER NULL,
    "accounted_at" INTEGER NULL,
    "log_id" INTEGER NULL,
    "log_digest" TEXT NULL,
    "opened_seq" INTEGER NOT NULL DEFAULT 0 CHECK ("opened_seq" BETWEEN 0 AND 9223372036854775807),
    "last_seq" INTEGER NOT NULL DEFAULT 0 CHECK ("last_seq" BETWEEN 0 AND 9223372036854775807),
    "digest" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "uk_accounting_records_customer_id_request_id" UNIQUE ("customer_id", "request_id")
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_accounting_records_customer_id_created_at_id" ON "accounting_records" ("customer_id", "created_at", "id");

CREATE INDEX IF NOT EXISTS "ix_accounting_records_llmid_created_at_id" ON "accounting_records" ("llmid", "created_at", "id");

CREATE INDEX IF NOT EXISTS "ix_accounting_records_status_expires_at_id" ON "accounting_records" ("status", "expires_at", "id");

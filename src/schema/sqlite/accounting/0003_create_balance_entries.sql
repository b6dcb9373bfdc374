CREATE TABLE IF NOT EXISTS "balance_entries" (
    "customer_id" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "seq" INTEGER NOT NULL CHECK ("seq" BETWEEN 1 AND 9223372036854775807),
    "request_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "record_id" TEXT NULL,
    "reverses" INTEGER NULL CHECK ("reverses" BETWEEN 1 AND 9223372036854775807),
    "asked" INTEGER NOT NULL CHECK ("asked" BETWEEN -999999999999999999 AND 999999999999999999),
    "amount" INTEGER NOT NULL CHECK ("amount" BETWEEN -999999999999999999 AND 999999999999999999),
    "hold" INTEGER NOT NULL CHECK ("hold" BETWEEN -999999999999999999 AND 999999999999999999),
    "balance" INTEGER NOT NULL CHECK ("balance" BETWEEN -999999999999999999 AND 999999999999999999),
    "reserved" INTEGER NOT NULL CHECK ("reserved" BETWEEN -999999999999999999 AND 999999999999999999),
    "credit_limit" INTEGER NOT NULL CHECK ("credit_limit" BETWEEN -999999999999999999 AND 999999999999999999),
    "residual" INTEGER NOT NULL CHECK ("residual" BETWEEN 0 AND 999999999999999999),
    "status" TEXT NOT NULL,
    "request" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    PRIMARY KEY ("customer_id", "currency", "seq"),
    CONSTRAINT "uk_balance_entries_customer_id_request_id" UNIQUE ("customer_id", "request_id")
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_balance_entries_record_id_seq" ON "balance_entries" ("record_id", "seq");

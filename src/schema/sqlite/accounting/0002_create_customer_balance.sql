CREATE TABLE IF NOT EXISTS "customer_balance" (
    "id" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "scale" INTEGER NOT NULL CHECK ("scale" BETWEEN 0 AND 6),
    "balance" INTEGER NOT NULL CHECK ("balance" BETWEEN -999999999999999999 AND 999999999999999999),
    "reserved" INTEGER NOT NULL CHECK ("reserved" BETWEEN -999999999999999999 AND 999999999999999999),
    "credit_limit" INTEGER NOT NULL CHECK ("credit_limit" BETWEEN -999999999999999999 AND 999999999999999999),
    "available" INTEGER NOT NULL CHECK ("available" BETWEEN -999999999999999999 AND 999999999999999999),
    "residual" INTEGER NOT NULL CHECK ("residual" BETWEEN 0 AND 999999999999999999),
    "status" TEXT NOT NULL DEFAULT 'open',
    "last_entry_seq" INTEGER NOT NULL CHECK ("last_entry_seq" BETWEEN 0 AND 9223372036854775807),
    "head_digest" TEXT NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "uk_customer_balance_customer_id_currency" UNIQUE ("customer_id", "currency")
) STRICT;

CREATE TABLE IF NOT EXISTS "audit_marks" (
    "customer_id" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "seq" INTEGER NOT NULL CHECK ("seq" BETWEEN 1 AND 9223372036854775807),
    "head_digest" TEXT NOT NULL,
    "checked_at" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    PRIMARY KEY ("customer_id", "currency")
) STRICT;

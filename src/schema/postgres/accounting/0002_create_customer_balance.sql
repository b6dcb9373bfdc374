CREATE TABLE IF NOT EXISTS "customer_balance" (
    "id" varchar(32) COLLATE "C" NOT NULL,
    "customer_id" varchar(32) COLLATE "C" NOT NULL,
    "currency" varchar(8) COLLATE "C" NOT NULL,
    "scale" smallint NOT NULL CHECK ("scale" BETWEEN 0 AND 6),
    "balance" numeric(18, 6) NOT NULL,
    "reserved" numeric(18, 6) NOT NULL,
    "credit_limit" numeric(18, 6) NOT NULL,
    "available" numeric(18, 6) NOT NULL,
    "residual" bigint NOT NULL CHECK ("residual" BETWEEN 0 AND 999999999999999999),
    "status" varchar(16) COLLATE "C" NOT NULL DEFAULT 'open',
    "last_entry_seq" bigint NOT NULL CHECK ("last_entry_seq" BETWEEN 0 AND 9223372036854775807),
    "head_digest" varchar(64) COLLATE "C" NOT NULL,
    "updated_at" timestamptz(6) NOT NULL,
    "digest" varchar(64) COLLATE "C" NOT NULL,
    PRIMARY KEY ("id"),
    CONSTRAINT "uk_customer_balance_customer_id_currency" UNIQUE ("customer_id", "currency")
);

COMMENT ON TABLE "customer_balance" IS 'What a customer has in a currency, what of it is held, and how far it may go below zero.';

COMMENT ON COLUMN "customer_balance"."id" IS 'Primary key, which follows from the customer and the currency.';

COMMENT ON COLUMN "customer_balance"."customer_id" IS 'The customer; 1 to 32 visible ASCII characters.';

COMMENT ON COLUMN "customer_balance"."currency" IS 'The code of the currency or of the declared unit; at most 8 characters.';

COMMENT ON COLUMN "customer_balance"."scale" IS 'The digits of amounts after the point, 0 to 6; 6 for a currency of ISO 4217.';

COMMENT ON COLUMN "customer_balance"."balance" IS 'What the customer has.';

COMMENT ON COLUMN "customer_balance"."reserved" IS 'The sum of the amounts that are held for pending records.';

COMMENT ON COLUMN "customer_balance"."credit_limit" IS 'How far the balance may go below zero; the greatest amount is "without a limit".';

COMMENT ON COLUMN "customer_balance"."available" IS 'What can be charged: the balance and the credit limit without what is held, at most the greatest amount.';

COMMENT ON COLUMN "customer_balance"."residual" IS 'The part of priced costs below the smallest unit that is not charged yet, in 10^-18 of the currency.';

COMMENT ON COLUMN "customer_balance"."status" IS 'Whether new charges are accepted.';

COMMENT ON COLUMN "customer_balance"."last_entry_seq" IS 'The number of the last entry, which is also the version of the row; 0 before the first.';

COMMENT ON COLUMN "customer_balance"."head_digest" IS 'The digest of the last entry; 64 zeros before the first.';

COMMENT ON COLUMN "customer_balance"."updated_at" IS 'When it was last changed, in UTC, to the microsecond.';

COMMENT ON COLUMN "customer_balance"."digest" IS 'The digest of the row.';

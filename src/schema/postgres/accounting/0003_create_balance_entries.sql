CREATE TABLE IF NOT EXISTS "balance_entries" (
    "customer_id" varchar(32) COLLATE "C" NOT NULL,
    "currency" varchar(8) COLLATE "C" NOT NULL,
    "seq" bigint NOT NULL CHECK ("seq" BETWEEN 1 AND 9223372036854775807),
    "request_id" varchar(64) COLLATE "C" NOT NULL,
    "kind" varchar(16) COLLATE "C" NOT NULL,
    "outcome" varchar(32) COLLATE "C" NOT NULL,
    "record_id" varchar(32) COLLATE "C" NULL,
    "reverses" bigint NULL CHECK ("reverses" BETWEEN 1 AND 9223372036854775807),
    "asked" numeric(18, 6) NOT NULL,
    "amount" numeric(18, 6) NOT NULL,
    "hold" numeric(18, 6) NOT NULL,
    "balance" numeric(18, 6) NOT NULL,
    "reserved" numeric(18, 6) NOT NULL,
    "credit_limit" numeric(18, 6) NOT NULL,
    "residual" bigint NOT NULL CHECK ("residual" BETWEEN 0 AND 999999999999999999),
    "status" varchar(16) COLLATE "C" NOT NULL,
    "request" varchar(4096) COLLATE "C" NOT NULL,
    "created_at" timestamptz(6) NOT NULL,
    "digest" varchar(64) COLLATE "C" NOT NULL,
    PRIMARY KEY ("customer_id", "currency", "seq"),
    CONSTRAINT "uk_balance_entries_customer_id_request_id" UNIQUE ("customer_id", "request_id")
);

CREATE INDEX IF NOT EXISTS "ix_balance_entries_record_id_seq" ON "balance_entries" ("record_id" NULLS FIRST, "seq");

COMMENT ON TABLE "balance_entries" IS 'An operation on an account, done or refused, and the account after it. Entries are never changed or deleted: a correction is another entry.';

COMMENT ON COLUMN "balance_entries"."customer_id" IS 'The customer; 1 to 32 visible ASCII characters.';

COMMENT ON COLUMN "balance_entries"."currency" IS 'The code of the currency or of the declared unit; at most 8 characters.';

COMMENT ON COLUMN "balance_entries"."seq" IS 'Its number in the account, from 1 on, without gaps.';

COMMENT ON COLUMN "balance_entries"."request_id" IS 'The key of the operation, unique for the customer.';

COMMENT ON COLUMN "balance_entries"."kind" IS 'The operation.';

COMMENT ON COLUMN "balance_entries"."outcome" IS 'What became of it.';

COMMENT ON COLUMN "balance_entries"."record_id" IS 'The record that it concerns.';

COMMENT ON COLUMN "balance_entries"."reverses" IS 'The number of the entry that it reverses.';

COMMENT ON COLUMN "balance_entries"."asked" IS 'The requested amount, or the cost that was calculated; 0 if it was refused before that.';

COMMENT ON COLUMN "balance_entries"."amount" IS 'The change of the balance.';

COMMENT ON COLUMN "balance_entries"."hold" IS 'The change of what is held.';

COMMENT ON COLUMN "balance_entries"."balance" IS 'The balance afterwards.';

COMMENT ON COLUMN "balance_entries"."reserved" IS 'What is held afterwards.';

COMMENT ON COLUMN "balance_entries"."credit_limit" IS 'The credit limit afterwards.';

COMMENT ON COLUMN "balance_entries"."residual" IS 'The part below the smallest unit that is not charged afterwards, in 10^-18 of the currency.';

COMMENT ON COLUMN "balance_entries"."status" IS 'The status of the account afterwards.';

COMMENT ON COLUMN "balance_entries"."request" IS 'The request as canonical text, by which its repetition is recognised; at most 4096 characters.';

COMMENT ON COLUMN "balance_entries"."created_at" IS 'When it was decided, in UTC, to the microsecond.';

COMMENT ON COLUMN "balance_entries"."digest" IS 'The digest of the row and of the entry before it.';

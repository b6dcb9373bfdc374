CREATE TABLE IF NOT EXISTS "audit_marks" (
    "customer_id" varchar(32) COLLATE "C" NOT NULL,
    "currency" varchar(8) COLLATE "C" NOT NULL,
    "seq" bigint NOT NULL CHECK ("seq" BETWEEN 1 AND 9223372036854775807),
    "head_digest" varchar(64) COLLATE "C" NOT NULL,
    "checked_at" timestamptz(6) NOT NULL,
    "digest" varchar(64) COLLATE "C" NOT NULL,
    PRIMARY KEY ("customer_id", "currency")
);

COMMENT ON TABLE "audit_marks" IS 'The last entry of an account up to which an [audit](super::Audit) has found nothing wrong. The next one may begin after it, as long as that entry still has the digest.';

COMMENT ON COLUMN "audit_marks"."customer_id" IS 'The customer; 1 to 32 visible ASCII characters.';

COMMENT ON COLUMN "audit_marks"."currency" IS 'The code of the currency or of the declared unit; at most 8 characters.';

COMMENT ON COLUMN "audit_marks"."seq" IS 'The number of the last entry that was checked.';

COMMENT ON COLUMN "audit_marks"."head_digest" IS 'The digest of that entry.';

COMMENT ON COLUMN "audit_marks"."checked_at" IS 'When it was checked, in UTC, to the microsecond.';

COMMENT ON COLUMN "audit_marks"."digest" IS 'The digest of the row.';

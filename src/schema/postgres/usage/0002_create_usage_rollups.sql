CREATE TABLE IF NOT EXISTS "usage_rollups" (
    "bucket" bigint NOT NULL,
    "dimensions" varchar(36) COLLATE "C" NOT NULL,
    "user_id" bigint NOT NULL,
    "model_name" varchar(255) COLLATE "C" NOT NULL DEFAULT '',
    "channel_id" bigint NOT NULL DEFAULT 0,
    "token_id" bigint NOT NULL DEFAULT 0,
    "group" varchar(255) COLLATE "C" NOT NULL DEFAULT '',
    "requests" bigint NOT NULL DEFAULT 0,
    "quota" bigint NOT NULL DEFAULT 0,
    "prompt_tokens" bigint NOT NULL DEFAULT 0,
    "completion_tokens" bigint NOT NULL DEFAULT 0,
    "refunds" bigint NOT NULL DEFAULT 0,
    "refunded_quota" bigint NOT NULL DEFAULT 0,
    PRIMARY KEY ("bucket", "dimensions")
);

CREATE INDEX IF NOT EXISTS "ix_usage_rollups_user_id_bucket" ON "usage_rollups" ("user_id", "bucket");

COMMENT ON TABLE "usage_rollups" IS 'What requests with the same user, model, channel, token and group consumed in a quarter of an hour.';

COMMENT ON COLUMN "usage_rollups"."bucket" IS 'The beginning of the 900 seconds, in UTC; a multiple of 900.';

COMMENT ON COLUMN "usage_rollups"."dimensions" IS 'The dimensions as one number: a name-based UUID (RFC 9562, version 8) with SHA-256. Keys of text could not hold every name.';

COMMENT ON COLUMN "usage_rollups"."user_id" IS 'The user who is charged.';

COMMENT ON COLUMN "usage_rollups"."model_name" IS 'The model; at most 255 characters.';

COMMENT ON COLUMN "usage_rollups"."channel_id" IS 'The channel that answered; 0 for none.';

COMMENT ON COLUMN "usage_rollups"."token_id" IS 'The token that was used; 0 for none.';

COMMENT ON COLUMN "usage_rollups"."group" IS 'The group that was used; at most 255 characters.';

COMMENT ON COLUMN "usage_rollups"."requests" IS 'The number of rows of the kind `Consume`.';

COMMENT ON COLUMN "usage_rollups"."quota" IS 'Quota units that they cost.';

COMMENT ON COLUMN "usage_rollups"."prompt_tokens" IS 'Tokens of their prompts.';

COMMENT ON COLUMN "usage_rollups"."completion_tokens" IS 'Tokens of their completions.';

COMMENT ON COLUMN "usage_rollups"."refunds" IS 'The number of rows of the kind `Refund`.';

COMMENT ON COLUMN "usage_rollups"."refunded_quota" IS 'Quota units that they gave back.';

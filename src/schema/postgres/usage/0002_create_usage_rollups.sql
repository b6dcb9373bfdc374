CREATE TABLE IF NOT EXISTS "usage_rollups" (
    "dimension_set" smallint NOT NULL,
    "bucket" bigint NOT NULL,
    "dimensions" varchar(36) COLLATE "C" NOT NULL,
    "user_id" bigint NULL,
    "model_name" varchar(255) COLLATE "C" NULL,
    "channel_id" bigint NULL,
    "token_id" bigint NULL,
    "group" varchar(255) COLLATE "C" NULL,
    "requests" bigint NOT NULL DEFAULT 0,
    "quota" bigint NOT NULL DEFAULT 0,
    "prompt_tokens" bigint NOT NULL DEFAULT 0,
    "completion_tokens" bigint NOT NULL DEFAULT 0,
    "refunds" bigint NOT NULL DEFAULT 0,
    "refunded_quota" bigint NOT NULL DEFAULT 0,
    PRIMARY KEY ("dimension_set", "bucket", "dimensions")
);

CREATE INDEX IF NOT EXISTS "ix_usage_rollups_dimension_set_user_id_bucket" ON "usage_rollups" ("dimension_set", "user_id" NULLS FIRST, "bucket");

COMMENT ON TABLE "usage_rollups" IS 'What requests with the same values of some dimensions consumed in a quarter of an hour, or in a day of UTC.';

COMMENT ON COLUMN "usage_rollups"."dimension_set" IS 'The dimensions: the sum of 1 for the user, 2 for the model, 4 for the channel, 8 for the token, 16 for the group; with 32 added, the bucket is a day.';

COMMENT ON COLUMN "usage_rollups"."bucket" IS 'The beginning of the 900 seconds or of the day, in UTC; a multiple of 900 or 86,400.';

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

CREATE TABLE IF NOT EXISTS "logs" (
    "id" bigint NOT NULL,
    "user_id" bigint NOT NULL,
    "created_at" bigint NOT NULL,
    "type" smallint NOT NULL DEFAULT 0,
    "content" text COLLATE "C" NOT NULL,
    "username" varchar(255) COLLATE "C" NOT NULL DEFAULT '',
    "token_name" varchar(255) COLLATE "C" NOT NULL DEFAULT '',
    "model_name" varchar(255) COLLATE "C" NOT NULL DEFAULT '',
    "quota" bigint NOT NULL DEFAULT 0,
    "prompt_tokens" bigint NOT NULL DEFAULT 0 CHECK ("prompt_tokens" BETWEEN 0 AND 9223372036854775807),
    "completion_tokens" bigint NOT NULL DEFAULT 0 CHECK ("completion_tokens" BETWEEN 0 AND 9223372036854775807),
    "use_time" integer NOT NULL DEFAULT 0 CHECK ("use_time" BETWEEN 0 AND 2147483647),
    "is_stream" boolean NOT NULL DEFAULT FALSE,
    "channel_id" bigint NOT NULL DEFAULT 0,
    "token_id" bigint NOT NULL DEFAULT 0,
    "group" varchar(255) COLLATE "C" NOT NULL DEFAULT '',
    "ip" varchar(64) COLLATE "C" NULL,
    "request_id" varchar(64) COLLATE "C" NULL,
    "other" json NULL,
    PRIMARY KEY ("id")
);

CREATE INDEX IF NOT EXISTS "ix_logs_created_at_id" ON "logs" ("created_at" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_logs_user_id_created_at_id" ON "logs" ("user_id", "created_at" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_logs_model_name_created_at_id" ON "logs" ("model_name", "created_at" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_logs_channel_id_created_at_id" ON "logs" ("channel_id", "created_at" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_logs_token_id_created_at_id" ON "logs" ("token_id", "created_at" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_logs_request_id" ON "logs" ("request_id" NULLS FIRST);

COMMENT ON TABLE "logs" IS 'One row of the gateway''s usage log.';

COMMENT ON COLUMN "logs"."id" IS 'Primary key, made by the client and sorted by time. Rows of an adopted table may carry auto-increment numbers.';

COMMENT ON COLUMN "logs"."user_id" IS 'The user who is charged.';

COMMENT ON COLUMN "logs"."created_at" IS 'When it happened, in UTC, to the second.';

COMMENT ON COLUMN "logs"."type" IS 'What the row is about.';

COMMENT ON COLUMN "logs"."content" IS 'Free text for people; masked in an error.';

COMMENT ON COLUMN "logs"."username" IS 'The user''s name when the row was written; at most 255 characters.';

COMMENT ON COLUMN "logs"."token_name" IS 'The token''s name when the row was written; at most 255 characters.';

COMMENT ON COLUMN "logs"."model_name" IS 'The model that was asked for; at most 255 characters.';

COMMENT ON COLUMN "logs"."quota" IS 'Quota units that it cost; 500,000 are 1 USD in the systems that this table comes from.';

COMMENT ON COLUMN "logs"."prompt_tokens" IS 'Tokens of the prompt; never negative.';

COMMENT ON COLUMN "logs"."completion_tokens" IS 'Tokens of the completion; never negative.';

COMMENT ON COLUMN "logs"."use_time" IS 'How long it took, in whole seconds; never negative.';

COMMENT ON COLUMN "logs"."is_stream" IS 'Whether the answer was streamed.';

COMMENT ON COLUMN "logs"."channel_id" IS 'The channel that answered; 0 for none. No user sees it.';

COMMENT ON COLUMN "logs"."token_id" IS 'The token that was used; 0 for none.';

COMMENT ON COLUMN "logs"."group" IS 'The group that was used; at most 255 characters.';

COMMENT ON COLUMN "logs"."ip" IS 'The client''s address, if the IP policy has passed it.';

COMMENT ON COLUMN "logs"."request_id" IS 'The request that the row belongs to; at most 64 characters. Not unique: retries, errors and refunds of one request share it.';

COMMENT ON COLUMN "logs"."other" IS 'The details: typed keys, and whatever else was written.';

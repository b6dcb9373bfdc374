CREATE TABLE IF NOT EXISTS "logs" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "user_id" INTEGER NOT NULL,
    "created_at" INTEGER NOT NULL,
    "type" INTEGER NOT NULL DEFAULT 0 CHECK ("type" BETWEEN -32768 AND 32767),
    "content" TEXT NOT NULL,
    "username" TEXT NOT NULL DEFAULT '',
    "token_name" TEXT NOT NULL DEFAULT '',
    "model_name" TEXT NOT NULL DEFAULT '',
    "quota" INTEGER NOT NULL DEFAULT 0,
    "prompt_tokens" INTEGER NOT NULL DEFAULT 0 CHECK ("prompt_tokens" BETWEEN 0 AND 9223372036854775807),
    "completion_tokens" INTEGER NOT NULL DEFAULT 0 CHECK ("completion_tokens" BETWEEN 0 AND 9223372036854775807),
    "use_time" INTEGER NOT NULL DEFAULT 0 CHECK ("use_time" BETWEEN 0 AND 2147483647),
    "is_stream" INTEGER NOT NULL DEFAULT 0 CHECK ("is_stream" IN (0, 1)),
    "channel_id" INTEGER NOT NULL DEFAULT 0,
    "token_id" INTEGER NOT NULL DEFAULT 0,
    "group" TEXT NOT NULL DEFAULT '',
    "ip" TEXT NULL,
    "request_id" TEXT NULL,
    "other" TEXT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_logs_created_at_id" ON "logs" ("created_at" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_logs_user_id_created_at_id" ON "logs" ("user_id", "created_at" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_logs_model_name_created_at_id" ON "logs" ("model_name", "created_at" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_logs_channel_id_created_at_id" ON "logs" ("channel_id", "created_at" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_logs_token_id_created_at_id" ON "logs" ("token_id", "created_at" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_logs_request_id" ON "logs" ("request_id");

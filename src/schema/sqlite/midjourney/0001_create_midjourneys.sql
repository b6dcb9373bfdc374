CREATE TABLE IF NOT EXISTS "midjourneys" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "code" INTEGER NOT NULL CHECK ("code" BETWEEN -2147483648 AND 2147483647),
    "user_id" INTEGER NOT NULL,
    "action" TEXT NOT NULL,
    "mj_id" TEXT NOT NULL DEFAULT '',
    "prompt" TEXT NOT NULL,
    "prompt_en" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT '',
    "submit_time" INTEGER NOT NULL,
    "start_time" INTEGER NOT NULL DEFAULT 0,
    "finish_time" INTEGER NOT NULL DEFAULT 0,
    "image_url" TEXT NOT NULL,
    "video_url" TEXT NOT NULL,
    "video_urls" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT '',
    "progress" TEXT NOT NULL DEFAULT '0%',
    "fail_reason" TEXT NOT NULL,
    "channel_id" INTEGER NOT NULL DEFAULT 0,
    "quota" INTEGER NOT NULL DEFAULT 0 CHECK ("quota" BETWEEN 0 AND 9223372036854775807),
    "buttons" TEXT NOT NULL,
    "properties" TEXT NOT NULL,
    "refund" INTEGER NOT NULL DEFAULT 0 CHECK ("refund" BETWEEN -32768 AND 32767)
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_midjourneys_submit_time_id" ON "midjourneys" ("submit_time" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_midjourneys_user_id_submit_time_id" ON "midjourneys" ("user_id", "submit_time" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_midjourneys_mj_id" ON "midjourneys" ("mj_id");

CREATE INDEX IF NOT EXISTS "ix_midjourneys_status_submit_time_id" ON "midjourneys" ("status", "submit_time", "id");

CREATE INDEX IF NOT EXISTS "ix_midjourneys_refund_id" ON "midjourneys" ("refund", "id");

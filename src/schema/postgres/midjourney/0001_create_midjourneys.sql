CREATE TABLE IF NOT EXISTS "midjourneys" (
    "id" bigint NOT NULL,
    "code" integer NOT NULL,
    "user_id" bigint NOT NULL,
    "action" varchar(40) COLLATE "C" NOT NULL,
    "mj_id" varchar(255) COLLATE "C" NOT NULL DEFAULT '',
    "prompt" text COLLATE "C" NOT NULL,
    "prompt_en" text COLLATE "C" NOT NULL,
    "description" text COLLATE "C" NOT NULL,
    "state" varchar(20) COLLATE "C" NOT NULL DEFAULT '',
    "submit_time" bigint NOT NULL,
    "start_time" bigint NOT NULL DEFAULT 0,
    "finish_time" bigint NOT NULL DEFAULT 0,
    "image_url" text COLLATE "C" NOT NULL,
    "video_url" text COLLATE "C" NOT NULL,
    "video_urls" json NOT NULL,
    "status" varchar(20) COLLATE "C" NOT NULL DEFAULT '',
    "progress" varchar(30) COLLATE "C" NOT NULL DEFAULT '0%',
    "fail_reason" text COLLATE "C" NOT NULL,
    "channel_id" bigint NOT NULL DEFAULT 0,
    "quota" bigint NOT NULL DEFAULT 0 CHECK ("quota" BETWEEN 0 AND 9223372036854775807),
    "buttons" json NOT NULL,
    "properties" json NOT NULL,
    "refund" smallint NOT NULL DEFAULT 0,
    PRIMARY KEY ("id")
);

CREATE INDEX IF NOT EXISTS "ix_midjourneys_submit_time_id" ON "midjourneys" ("submit_time" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_midjourneys_user_id_submit_time_id" ON "midjourneys" ("user_id", "submit_time" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_midjourneys_mj_id" ON "midjourneys" ("mj_id");

CREATE INDEX IF NOT EXISTS "ix_midjourneys_status_submit_time_id" ON "midjourneys" ("status", "submit_time", "id");

CREATE INDEX IF NOT EXISTS "ix_midjourneys_refund_id" ON "midjourneys" ("refund", "id");

COMMENT ON TABLE "midjourneys" IS 'A task that was submitted to a Midjourney proxy.';

COMMENT ON COLUMN "midjourneys"."id" IS 'Primary key, made by the client and sorted by time. Rows of an adopted table may carry auto-increment numbers.';

COMMENT ON COLUMN "midjourneys"."code" IS 'The reply of upstream to the submission.';

COMMENT ON COLUMN "midjourneys"."user_id" IS 'The user who is charged.';

COMMENT ON COLUMN "midjourneys"."action" IS 'What the task does.';

COMMENT ON COLUMN "midjourneys"."mj_id" IS 'The id of the task at upstream, at most 255 characters; empty if upstream did not accept it. Not unique.';

COMMENT ON COLUMN "midjourneys"."prompt" IS 'The prompt as the user wrote it.';

COMMENT ON COLUMN "midjourneys"."prompt_en" IS 'The prompt in English.';

COMMENT ON COLUMN "midjourneys"."description" IS 'What upstream says about the task.';

COMMENT ON COLUMN "midjourneys"."state" IS 'A text of the client that upstream passes through; at most 20 characters.';

COMMENT ON COLUMN "midjourneys"."submit_time" IS 'When it was submitted, in UTC, to the millisecond.';

COMMENT ON COLUMN "midjourneys"."start_time" IS 'When upstream began with it; 0 before.';

COMMENT ON COLUMN "midjourneys"."finish_time" IS 'When it got a terminal status; 0 before.';

COMMENT ON COLUMN "midjourneys"."image_url" IS 'The address of the image; empty before it exists.';

COMMENT ON COLUMN "midjourneys"."video_url" IS 'The address of the video; empty before it exists.';

COMMENT ON COLUMN "midjourneys"."video_urls" IS 'The videos, a JSON list.';

COMMENT ON COLUMN "midjourneys"."status" IS 'The status.';

COMMENT ON COLUMN "midjourneys"."progress" IS 'How much is done, from `0%` to `100%`.';

COMMENT ON COLUMN "midjourneys"."fail_reason" IS 'Why it failed; empty if it did not.';

COMMENT ON COLUMN "midjourneys"."channel_id" IS 'The channel that the task was submitted to; 0 for none. No user sees it.';

COMMENT ON COLUMN "midjourneys"."quota" IS 'Quota units that it cost; never negative.';

COMMENT ON COLUMN "midjourneys"."buttons" IS 'The buttons of the result, a JSON list.';

COMMENT ON COLUMN "midjourneys"."properties" IS 'Further properties, a JSON object.';

COMMENT ON COLUMN "midjourneys"."refund" IS 'Whether the quota is to be given back. A column of this library.';

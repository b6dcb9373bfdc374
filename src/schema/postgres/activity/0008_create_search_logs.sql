CREATE TABLE IF NOT EXISTS "search_logs" (
    "id" varchar(64) COLLATE "C" NOT NULL,
    "user_id" varchar(64) COLLATE "C" NULL,
    "client_type" smallint NOT NULL DEFAULT -1,
    "ctl_dev_id" varchar(128) COLLATE "C" NULL,
    "ctl_channel" varchar(64) COLLATE "C" NULL,
    "ctl_version" varchar(32) COLLATE "C" NULL,
    "description" text COLLATE "C" NULL,
    "session_id" varchar(255) COLLATE "C" NULL,
    "roles" json NOT NULL,
    "key_word" varchar(255) COLLATE "C" NOT NULL,
    "temporary_code" varchar(64) COLLATE "C" NULL,
    "result_count" bigint NOT NULL,
    "record_time_stamp" bigint NOT NULL,
    PRIMARY KEY ("id")
);

CREATE INDEX IF NOT EXISTS "ix_search_logs_record_time_stamp_id" ON "search_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_search_logs_user_id_record_time_stamp_id" ON "search_logs" ("user_id" NULLS FIRST, "record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_search_logs_temporary_code_record_time_stamp" ON "search_logs" ("temporary_code" NULLS FIRST, "record_time_stamp");

COMMENT ON TABLE "search_logs" IS 'Something was searched for, possibly anonymously.';

COMMENT ON COLUMN "search_logs"."id" IS 'The id, made by the client; opaque.';

COMMENT ON COLUMN "search_logs"."user_id" IS 'The user; absent for what can be done anonymously.';

COMMENT ON COLUMN "search_logs"."client_type" IS 'The kind of client; unknown when missing.';

COMMENT ON COLUMN "search_logs"."ctl_dev_id" IS 'The id of the device.';

COMMENT ON COLUMN "search_logs"."ctl_channel" IS 'The channel that the client was distributed through.';

COMMENT ON COLUMN "search_logs"."ctl_version" IS 'The version of the client.';

COMMENT ON COLUMN "search_logs"."description" IS 'Reserved.';

COMMENT ON COLUMN "search_logs"."session_id" IS 'The session.';

COMMENT ON COLUMN "search_logs"."roles" IS 'The roles of the user at that time.';

COMMENT ON COLUMN "search_logs"."key_word" IS 'The keyword.';

COMMENT ON COLUMN "search_logs"."temporary_code" IS 'A temporary code that ties the search to the wares which are looked at from its results.';

COMMENT ON COLUMN "search_logs"."result_count" IS 'How many results were shown.';

COMMENT ON COLUMN "search_logs"."record_time_stamp" IS 'When it happened.';

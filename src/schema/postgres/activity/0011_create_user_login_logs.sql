CREATE TABLE IF NOT EXISTS "user_login_logs" (
    "id" varchar(64) COLLATE "C" NOT NULL,
    "user_id" varchar(64) COLLATE "C" NULL,
    "client_type" smallint NOT NULL DEFAULT -1,
    "ctl_dev_id" varchar(128) COLLATE "C" NULL,
    "ctl_channel" varchar(64) COLLATE "C" NULL,
    "ctl_version" varchar(32) COLLATE "C" NULL,
    "description" text COLLATE "C" NULL,
    "session_id" varchar(255) COLLATE "C" NULL,
    "roles" json NOT NULL,
    "ip" varchar(64) COLLATE "C" NULL,
    "offline_time_stamp" bigint NULL,
    "login_time_stamp" bigint NOT NULL,
    PRIMARY KEY ("id")
);

CREATE INDEX IF NOT EXISTS "ix_user_login_logs_login_time_stamp_id" ON "user_login_logs" ("login_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_user_login_logs_user_id_login_time_stamp_id" ON "user_login_logs" ("user_id" NULLS FIRST, "login_time_stamp" DESC, "id" DESC);

COMMENT ON TABLE "user_login_logs" IS 'A user logged in, and perhaps went offline.';

COMMENT ON COLUMN "user_login_logs"."id" IS 'The id, made by the client; opaque.';

COMMENT ON COLUMN "user_login_logs"."user_id" IS 'The user; absent for what can be done anonymously.';

COMMENT ON COLUMN "user_login_logs"."client_type" IS 'The kind of client; unknown when missing.';

COMMENT ON COLUMN "user_login_logs"."ctl_dev_id" IS 'The id of the device.';

COMMENT ON COLUMN "user_login_logs"."ctl_channel" IS 'The channel that the client was distributed through.';

COMMENT ON COLUMN "user_login_logs"."ctl_version" IS 'The version of the client.';

COMMENT ON COLUMN "user_login_logs"."description" IS 'Reserved.';

COMMENT ON COLUMN "user_login_logs"."session_id" IS 'The session.';

COMMENT ON COLUMN "user_login_logs"."roles" IS 'The roles of the user at that time.';

COMMENT ON COLUMN "user_login_logs"."ip" IS 'The address, IPv4 or IPv6: personal data.';

COMMENT ON COLUMN "user_login_logs"."offline_time_stamp" IS 'When the user went offline; absent when the row was written while the user was online. Rows never change: to store both times, write the row when the session ends.';

COMMENT ON COLUMN "user_login_logs"."login_time_stamp" IS 'When the user logged in.';

CREATE TABLE IF NOT EXISTS "user_login_logs" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NULL,
    "client_type" INTEGER NOT NULL DEFAULT -1 CHECK ("client_type" BETWEEN -32768 AND 32767),
    "ctl_dev_id" TEXT NULL,
    "ctl_channel" TEXT NULL,
    "ctl_version" TEXT NULL,
    "description" TEXT NULL,
    "session_id" TEXT NULL,
    "roles" TEXT NOT NULL,
    "ip" TEXT NULL,
    "offline_time_stamp" INTEGER NULL,
    "login_time_stamp" INTEGER NOT NULL,
    PRIMARY KEY ("id")
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_user_login_logs_login_time_stamp_id" ON "user_login_logs" ("login_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_user_login_logs_user_id_login_time_stamp_id" ON "user_login_logs" ("user_id", "login_time_stamp" DESC, "id" DESC);

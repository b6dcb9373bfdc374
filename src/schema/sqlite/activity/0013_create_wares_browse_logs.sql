CREATE TABLE IF NOT EXISTS "wares_browse_logs" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NULL,
    "client_type" INTEGER NOT NULL DEFAULT -1 CHECK ("client_type" BETWEEN -32768 AND 32767),
    "ctl_dev_id" TEXT NULL,
    "ctl_channel" TEXT NULL,
    "ctl_version" TEXT NULL,
    "description" TEXT NULL,
    "session_id" TEXT NULL,
    "roles" TEXT NOT NULL,
    "temporary_code" TEXT NULL,
    "record_time_stamp" INTEGER NOT NULL,
    PRIMARY KEY ("id")
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_wares_browse_logs_record_time_stamp_id" ON "wares_browse_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_wares_browse_logs_user_id_record_time_stamp_id" ON "wares_browse_logs" ("user_id", "record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_wares_browse_logs_temporary_code_record_time_stamp" ON "wares_browse_logs" ("temporary_code", "record_time_stamp");

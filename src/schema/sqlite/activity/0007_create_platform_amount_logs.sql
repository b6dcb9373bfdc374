CREATE TABLE IF NOT EXISTS "platform_amount_logs" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NULL,
    "client_type" INTEGER NOT NULL DEFAULT -1 CHECK ("client_type" BETWEEN -32768 AND 32767),
    "ctl_dev_id" TEXT NULL,
    "ctl_channel" TEXT NULL,
    "ctl_version" TEXT NULL,
    "description" TEXT NULL,
    "session_id" TEXT NULL,
    "roles" TEXT NOT NULL,
    "flow_type" INTEGER NOT NULL CHECK ("flow_type" BETWEEN -32768 AND 32767),
    "amount" INTEGER NOT NULL CHECK ("amount" BETWEEN -999999999999999999 AND 999999999999999999),
    "trade_type" TEXT NOT NULL,
    "record_time_stamp" INTEGER NOT NULL,
    PRIMARY KEY ("id")
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_platform_amount_logs_record_time_stamp_id" ON "platform_amount_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_platform_amount_logs_user_id_record_time_stamp_id" ON "platform_amount_logs" ("user_id", "record_time_stamp" DESC, "id" DESC);

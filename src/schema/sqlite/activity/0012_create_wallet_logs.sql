CREATE TABLE IF NOT EXISTS "wallet_logs" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NULL,
    "client_type" INTEGER NOT NULL DEFAULT -1 CHECK ("client_type" BETWEEN -32768 AND 32767),
    "ctl_dev_id" TEXT NULL,
    "ctl_channel" TEXT NULL,
    "ctl_version" TEXT NULL,
    "description" TEXT NULL,
    "session_id" TEXT NULL,
    "roles" TEXT NOT NULL,
    "trade_type" INTEGER NOT NULL CHECK ("trade_type" BETWEEN -32768 AND 32767),
    "trade_item" TEXT NOT NULL,
    "trade_amount" INTEGER NOT NULL CHECK ("trade_amount" BETWEEN -999999999999999999 AND 999999999999999999),
    "remain_amount" INTEGER NOT NULL CHECK ("remain_amount" BETWEEN -999999999999999999 AND 999999999999999999),
    "record_time_stamp" INTEGER NOT NULL,
    PRIMARY KEY ("id")
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_wallet_logs_record_time_stamp_id" ON "wallet_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_wallet_logs_user_id_record_time_stamp_id" ON "wallet_logs" ("user_id", "record_time_stamp" DESC, "id" DESC);

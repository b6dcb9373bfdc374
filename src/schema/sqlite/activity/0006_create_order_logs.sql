CREATE TABLE IF NOT EXISTS "order_logs" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NULL,
    "client_type" INTEGER NOT NULL DEFAULT -1 CHECK ("client_type" BETWEEN -32768 AND 32767),
    "ctl_dev_id" TEXT NULL,
    "ctl_channel" TEXT NULL,
    "ctl_version" TEXT NULL,
    "description" TEXT NULL,
    "session_id" TEXT NULL,
    "roles" TEXT NOT NULL,
    "pay_time" INTEGER NOT NULL,
    "order_type" TEXT NOT NULL,
    "pay_user_id" TEXT NOT NULL,
    "income_user_id" TEXT NOT NULL,
    "order_amount" INTEGER NOT NULL CHECK ("order_amount" BETWEEN -999999999999999999 AND 999999999999999999),
    "coupon_amount" INTEGER NOT NULL CHECK ("coupon_amount" BETWEEN -999999999999999999 AND 999999999999999999),
    "payable_amount" INTEGER NOT NULL CHECK ("payable_amount" BETWEEN -999999999999999999 AND 999999999999999999),
    "real_pay_amount" INTEGER NOT NULL CHECK ("real_pay_amount" BETWEEN -999999999999999999 AND 999999999999999999),
    "pay_provider" INTEGER NOT NULL CHECK ("pay_provider" BETWEEN -32768 AND 32767),
    "income_provider" INTEGER NOT NULL CHECK ("income_provider" BETWEEN -32768 AND 32767),
    "record_time_stamp" INTEGER NOT NULL,
    PRIMARY KEY ("id")
) STRICT;

CREATE INDEX IF NOT EXISTS "ix_order_logs_record_time_stamp_id" ON "order_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_order_logs_user_id_record_time_stamp_id" ON "order_logs" ("user_id", "record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_order_logs_pay_user_id_record_time_stamp_id" ON "order_logs" ("pay_user_id", "record_time_stamp" DESC, "id" DESC);

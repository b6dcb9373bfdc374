CREATE TABLE IF NOT EXISTS "order_logs" (
    "id" varchar(64) COLLATE "C" NOT NULL,
    "user_id" varchar(64) COLLATE "C" NULL,
    "client_type" smallint NOT NULL DEFAULT -1,
    "ctl_dev_id" varchar(128) COLLATE "C" NULL,
    "ctl_channel" varchar(64) COLLATE "C" NULL,
    "ctl_version" varchar(32) COLLATE "C" NULL,
    "description" text COLLATE "C" NULL,
    "session_id" varchar(255) COLLATE "C" NULL,
    "roles" json NOT NULL,
    "pay_time" bigint NOT NULL,
    "order_type" varchar(64) COLLATE "C" NOT NULL,
    "pay_user_id" varchar(64) COLLATE "C" NOT NULL,
    "income_user_id" varchar(64) COLLATE "C" NOT NULL,
    "order_amount" numeric(18, 6) NOT NULL,
    "coupon_amount" numeric(18, 6) NOT NULL,
    "payable_amount" numeric(18, 6) NOT NULL,
    "real_pay_amount" numeric(18, 6) NOT NULL,
    "pay_provider" smallint NOT NULL,
    "income_provider" smallint NOT NULL,
    "record_time_stamp" bigint NOT NULL,
    PRIMARY KEY ("id")
);

CREATE INDEX IF NOT EXISTS "ix_order_logs_record_time_stamp_id" ON "order_logs" ("record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_order_logs_user_id_record_time_stamp_id" ON "order_logs" ("user_id" NULLS FIRST, "record_time_stamp" DESC, "id" DESC);

CREATE INDEX IF NOT EXISTS "ix_order_logs_pay_user_id_record_time_stamp_id" ON "order_logs" ("pay_user_id", "record_time_stamp" DESC, "id" DESC);

COMMENT ON TABLE "order_logs" IS 'An order was paid.';

COMMENT ON COLUMN "order_logs"."id" IS 'The id, made by the client; opaque.';

COMMENT ON COLUMN "order_logs"."user_id" IS 'The user; absent for what can be done anonymously.';

COMMENT ON COLUMN "order_logs"."client_type" IS 'The kind of client; unknown when missing.';

COMMENT ON COLUMN "order_logs"."ctl_dev_id" IS 'The id of the device.';

COMMENT ON COLUMN "order_logs"."ctl_channel" IS 'The channel that the client was distributed through.';

COMMENT ON COLUMN "order_logs"."ctl_version" IS 'The version of the client.';

COMMENT ON COLUMN "order_logs"."description" IS 'Reserved.';

COMMENT ON COLUMN "order_logs"."session_id" IS 'The session.';

COMMENT ON COLUMN "order_logs"."roles" IS 'The roles of the user at that time.';

COMMENT ON COLUMN "order_logs"."pay_time" IS 'When it was paid: milliseconds in the database, RFC 3339 in JSON. A time without a zone is read as +08:00.';

COMMENT ON COLUMN "order_logs"."order_type" IS 'The kind of order; an open set of words.';

COMMENT ON COLUMN "order_logs"."pay_user_id" IS 'The user who pays.';

COMMENT ON COLUMN "order_logs"."income_user_id" IS 'The user who receives.';

COMMENT ON COLUMN "order_logs"."order_amount" IS 'The amount of the order, at most 6 digits after the point.';

COMMENT ON COLUMN "order_logs"."coupon_amount" IS 'What coupons take off.';

COMMENT ON COLUMN "order_logs"."payable_amount" IS 'What is to be paid: order amount less coupons.';

COMMENT ON COLUMN "order_logs"."real_pay_amount" IS 'What was paid.';

COMMENT ON COLUMN "order_logs"."pay_provider" IS 'Who paid.';

COMMENT ON COLUMN "order_logs"."income_provider" IS 'Who received.';

COMMENT ON COLUMN "order_logs"."record_time_stamp" IS 'When it happened.';

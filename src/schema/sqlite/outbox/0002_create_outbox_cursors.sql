CREATE TABLE IF NOT EXISTS "outbox_cursors" (
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "lease_seq" INTEGER NOT NULL DEFAULT 0,
    "holder" TEXT NULL,
    "expires_at" INTEGER NULL,
    PRIMARY KEY ("name")
) STRICT;

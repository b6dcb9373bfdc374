CREATE TABLE IF NOT EXISTS `outbox_cursors` (
    `name` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'Primary key: the name of a consumer, or `$sequencer`; 1 to 64 characters.',
    `position` BIGINT NOT NULL DEFAULT 0 COMMENT 'The last position that the consumer acknowledged, or that the sequencer gave; 0 for none.',
    `lease_seq` BIGINT NOT NULL DEFAULT 0 COMMENT 'The fencing number of the lease, which counts up each time that it is taken. Only the sequencer has a lease.',
    `holder` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'Who has the lease; at most 64 characters.',
    `expires_at` DATETIME(3) NULL COMMENT 'When the lease may be taken by another holder, by the clock of the database.',
    PRIMARY KEY (`name`)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'The position of a consumer, or of the sequencer, whose name is `$sequencer`.';

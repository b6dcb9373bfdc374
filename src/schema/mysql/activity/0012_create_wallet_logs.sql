CREATE TABLE IF NOT EXISTS `wallet_logs` (
    `id` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The id, made by the client; opaque.',
    `user_id` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The user; absent for what can be done anonymously.',
    `client_type` SMALLINT NOT NULL DEFAULT -1 COMMENT 'The kind of client; unknown when missing.',
    `ctl_dev_id` VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The id of the device.',
    `ctl_channel` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The channel that the client was distributed through.',
    `ctl_version` VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The version of the client.',
    `description` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'Reserved.',
    `session_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The session.',
    `roles` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The roles of the user at that time.',
    `trade_type` SMALLINT NOT NULL COMMENT 'Which way. The platform gives no codes: those here are an assumption.',
    `trade_item` VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'What for; an open set of words.',
    `trade_amount` DECIMAL(18, 6) NOT NULL COMMENT 'How much, in CNY, at most 6 digits after the point.',
    `remain_amount` DECIMAL(18, 6) NOT NULL COMMENT 'What remains afterwards, in CNY.',
    `record_time_stamp` BIGINT NOT NULL COMMENT 'When it happened.',
    PRIMARY KEY (`id`),
    KEY `ix_wallet_logs_record_time_stamp_id` (`record_time_stamp` DESC, `id` DESC),
    KEY `ix_wallet_logs_user_id_record_time_stamp_id` (`user_id`, `record_time_stamp` DESC, `id` DESC)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Money of a wallet flowed.';

CREATE TABLE IF NOT EXISTS `wares_collection_logs` (
    `id` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The id, made by the client; opaque.',
    `user_id` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The user; absent for what can be done anonymously.',
    `client_type` SMALLINT NOT NULL DEFAULT -1 COMMENT 'The kind of client; unknown when missing.',
    `ctl_dev_id` VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The id of the device.',
    `ctl_channel` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The channel that the client was distributed through.',
    `ctl_version` VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The version of the client.',
    `description` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'Reserved.',
    `session_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The session.',
    `roles` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The roles of the user at that time.',
    `store_id` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The store that sells the ware.',
    `record_time_stamp` BIGINT NOT NULL COMMENT 'When it happened.',
    PRIMARY KEY (`id`),
    KEY `ix_wares_collection_logs_record_time_stamp_id` (`record_time_stamp` DESC, `id` DESC),
    KEY `ix_wares_collection_logs_user_id_record_time_stamp_id` (`user_id`, `record_time_stamp` DESC, `id` DESC),
    KEY `ix_wares_collection_logs_store_id_record_time_stamp_id` (`store_id`, `record_time_stamp` DESC, `id` DESC)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'A ware was put among the favourites.';

CREATE TABLE IF NOT EXISTS `user_login_logs` (
    `id` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The id, made by the client; opaque.',
    `user_id` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The user; absent for what can be done anonymously.',
    `client_type` SMALLINT NOT NULL DEFAULT -1 COMMENT 'The kind of client; unknown when missing.',
    `ctl_dev_id` VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The id of the device.',
    `ctl_channel` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The channel that the client was distributed through.',
    `ctl_version` VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The version of the client.',
    `description` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'Reserved.',
    `session_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The session.',
    `roles` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The roles of the user at that time.',
    `ip` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The address, IPv4 or IPv6: personal data.',
    `offline_time_stamp` BIGINT NULL COMMENT 'When the user went offline; absent when the row was written while the user was online. Rows never change: to store both times, write the row when the session ends.',
    `login_time_stamp` BIGINT NOT NULL COMMENT 'When the user logged in.',
    PRIMARY KEY (`id`),
    KEY `ix_user_login_logs_login_time_stamp_id` (`login_time_stamp` DESC, `id` DESC),
    KEY `ix_user_login_logs_user_id_login_time_stamp_id` (`user_id`, `login_time_stamp` DESC, `id` DESC)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'A user logged in, and perhaps went offline.';

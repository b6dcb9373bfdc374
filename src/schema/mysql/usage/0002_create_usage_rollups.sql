CREATE TABLE IF NOT EXISTS `usage_rollups` (
    `dimension_set` SMALLINT NOT NULL COMMENT 'The dimensions: the sum of 1 for the user, 2 for the model, 4 for the channel, 8 for the token, 16 for the group; with 32 added, the bucket is a day.',
    `bucket` BIGINT NOT NULL COMMENT 'The beginning of the 900 seconds or of the day, in UTC; a multiple of 900 or 86,400.',
    `dimensions` VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The dimensions as one number: a name-based UUID (RFC 9562, version 8) with SHA-256. Keys of text could not hold every name.',
    `user_id` BIGINT NULL COMMENT 'The user who is charged.',
    `model_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The model; at most 255 characters.',
    `channel_id` BIGINT NULL COMMENT 'The channel that answered; 0 for none.',
    `token_id` BIGINT NULL COMMENT 'The token that was used; 0 for none.',
    `group` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'The group that was used; at most 255 characters.',
    `requests` BIGINT NOT NULL DEFAULT 0 COMMENT 'The number of rows of the kind `Consume`.',
    `quota` BIGINT NOT NULL DEFAULT 0 COMMENT 'Quota units that they cost.',
    `prompt_tokens` BIGINT NOT NULL DEFAULT 0 COMMENT 'Tokens of their prompts.',
    `completion_tokens` BIGINT NOT NULL DEFAULT 0 COMMENT 'Tokens of their completions.',
    `refunds` BIGINT NOT NULL DEFAULT 0 COMMENT 'The number of rows of the kind `Refund`.',
    `refunded_quota` BIGINT NOT NULL DEFAULT 0 COMMENT 'Quota units that they gave back.',
    PRIMARY KEY (`dimension_set`, `bucket`, `dimensions`),
    KEY `ix_usage_rollups_dimension_set_user_id_bucket` (`dimension_set`, `user_id`, `bucket`)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'What requests with the same values of some dimensions consumed in a quarter of an hour, or in a day of UTC.';

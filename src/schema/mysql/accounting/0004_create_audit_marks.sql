CREATE TABLE IF NOT EXISTS `audit_marks` (
    `customer_id` VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The customer; 1 to 32 visible ASCII characters.',
    `currency` VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The code of the currency or of the declared unit; at most 8 characters.',
    `seq` BIGINT NOT NULL COMMENT 'The number of the last entry that was checked.' CHECK (`seq` BETWEEN 1 AND 9223372036854775807),
    `head_digest` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The digest of that entry.',
    `checked_at` DATETIME(6) NOT NULL COMMENT 'When it was checked, in UTC, to the microsecond.',
    `digest` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The digest of the row.',
    PRIMARY KEY (`customer_id`, `currency`)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'The last entry of an account up to which an [audit](super::Audit) has found nothing wrong. The next one may begin after it, as long as that entry still has the digest.';

CREATE TABLE IF NOT EXISTS `customer_balance` (
    `id` VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'Primary key, which follows from the customer and the currency.',
    `customer_id` VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The customer; 1 to 32 visible ASCII characters.',
    `currency` VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The code of the currency or of the declared unit; at most 8 characters.',
    `scale` SMALLINT NOT NULL COMMENT 'The digits of amounts after the point, 0 to 6; 6 for a currency of ISO 4217.' CHECK (`scale` BETWEEN 0 AND 6),
    `balance` DECIMAL(18, 6) NOT NULL COMMENT 'What the customer has.',
    `reserved` DECIMAL(18, 6) NOT NULL COMMENT 'The sum of the amounts that are held for pending records.',
    `credit_limit` DECIMAL(18, 6) NOT NULL COMMENT 'How far the balance may go below zero; the greatest amount is "without a limit".',
    `available` DECIMAL(18, 6) NOT NULL COMMENT 'What can be charged: the balance and the credit limit without what is held, at most the greatest amount.',
    `residual` BIGINT NOT NULL COMMENT 'The part of priced costs below the smallest unit that is not charged yet, in 10^-18 of the currency.' CHECK (`residual` BETWEEN 0 AND 999999999999999999),
    `status` VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'open' COMMENT 'Whether new charges are accepted.',
    `last_entry_seq` BIGINT NOT NULL COMMENT 'The number of the last entry, which is also the version of the row; 0 before the first.' CHECK (`last_entry_seq` BETWEEN 0 AND 9223372036854775807),
    `head_digest` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The digest of the last entry; 64 zeros before the first.',
    `updated_at` DATETIME(6) NOT NULL COMMENT 'When it was last changed, in UTC, to the microsecond.',
    `digest` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The digest of the row.',
    PRIMARY KEY (`id`),
    UNIQUE KEY `uk_customer_balance_customer_id_currency` (`customer_id`, `currency`)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'What a customer has in a currency, what of it is held, and how far it may go below zero.';

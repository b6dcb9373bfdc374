CREATE TABLE IF NOT EXISTS `usage_rollup_coverage` (
    `dimension_set` SMALLINT NOT NULL COMMENT 'Primary key: the set, with the same numbers as in `usage_rollups`. Two rows belong to no set: −1 is written by the first writer with roll-ups, and −2 by the first deletion that [keeps sums](crate::retention::Retention::keep_rollups): its `complete_before` is the time before which logs were deleted.',
    `registration` VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'A number of its own for each time that the set is declared: it changes when the set is removed and declared again.',
    `complete_from` BIGINT NULL COMMENT 'From when on the roll-ups are complete, in unix seconds; the least number for all times. NULL when they are not complete for any time.',
    `complete_before` BIGINT NULL COMMENT 'Until when the roll-ups are complete, excluded, in unix seconds; the greatest number for all times to come.',
    PRIMARY KEY (`dimension_set`)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'A set of dimensions that has [roll-ups](UsageRollup), and the times for which it is complete.';

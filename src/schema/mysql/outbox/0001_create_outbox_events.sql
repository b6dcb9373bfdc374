CREATE TABLE IF NOT EXISTS `outbox_events` (
    `id` VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'Primary key: topic, aggregate and number as a name-based UUID (RFC 9562, version 8) with SHA-256, so that the same event has the same key.',
    `topic` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'What it is about: `generation.image`; 1 to 50 characters.',
    `aggregate_id` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The thing that it happened to; 1 to 64 characters.',
    `seq` BIGINT NOT NULL COMMENT 'Its number among those of the aggregate: the version of the row after the change.',
    `kind` VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'What happened: `status_changed`; 1 to 40 characters.',
    `payload` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The details, a JSON object.',
    `create_time` DATETIME(3) NOT NULL COMMENT 'When it was written, by the clock of the writer, in UTC, to the millisecond.',
    `position` BIGINT NULL COMMENT 'Its place in the order of all events, from 1 on; absent until the sequencer has seen it.',
    PRIMARY KEY (`id`),
    UNIQUE KEY `uk_outbox_events_topic_aggregate_id_seq` (`topic`, `aggregate_id`, `seq`),
    UNIQUE KEY `uk_outbox_events_position` (`position`),
    KEY `ix_outbox_events_position_create_time_id` (`position`, `create_time`, `id`)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'Something that happened to an aggregate, which consumers read.';

CREATE TABLE IF NOT EXISTS "usage_rollup_coverage" (
    "dimension_set" smallint NOT NULL,
    "registration" varchar(36) COLLATE "C" NOT NULL,
    "complete_from" bigint NULL,
    "complete_before" bigint NULL,
    PRIMARY KEY ("dimension_set")
);

COMMENT ON TABLE "usage_rollup_coverage" IS 'A set of dimensions that has [roll-ups](UsageRollup), and the times for which it is complete.';

COMMENT ON COLUMN "usage_rollup_coverage"."dimension_set" IS 'Primary key: the set, with the same numbers as in `usage_rollups`. Two rows belong to no set: −1 is written by the first writer with roll-ups, and −2 by the first deletion that [keeps sums](crate::retention::Retention::keep_rollups): its `complete_before` is the time before which logs were deleted.';

COMMENT ON COLUMN "usage_rollup_coverage"."registration" IS 'A number of its own for each time that the set is declared: it changes when the set is removed and declared again.';

COMMENT ON COLUMN "usage_rollup_coverage"."complete_from" IS 'From when on the roll-ups are complete, in unix seconds; the least number for all times. NULL when they are not complete for any time.';

COMMENT ON COLUMN "usage_rollup_coverage"."complete_before" IS 'Until when the roll-ups are complete, excluded, in unix seconds; the greatest number for all times to come.';

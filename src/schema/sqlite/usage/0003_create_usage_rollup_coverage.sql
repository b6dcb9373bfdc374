CREATE TABLE IF NOT EXISTS "usage_rollup_coverage" (
    "dimension_set" INTEGER NOT NULL PRIMARY KEY CHECK ("dimension_set" BETWEEN -32768 AND 32767),
    "registration" TEXT NOT NULL,
    "complete_from" INTEGER NULL,
    "complete_before" INTEGER NULL
) STRICT;

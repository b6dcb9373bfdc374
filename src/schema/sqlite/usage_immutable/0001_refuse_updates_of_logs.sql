CREATE TRIGGER IF NOT EXISTS "logs_never_change" BEFORE UPDATE ON "logs"
BEGIN
    SELECT RAISE(ABORT, 'rows of this table never change');
END;

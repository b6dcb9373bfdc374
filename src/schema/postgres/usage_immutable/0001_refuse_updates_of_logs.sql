CREATE OR REPLACE FUNCTION "genledger_refuse_update"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of this table never change' USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME;
END
$$;

CREATE TRIGGER "logs_never_change" BEFORE UPDATE ON "logs"
FOR EACH ROW EXECUTE FUNCTION "genledger_refuse_update"();

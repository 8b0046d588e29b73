CREATE TRIGGER :"trigger" AFTER UPDATE OR DELETE ON :"schema".:"table"
FOR EACH ROW EXECUTE FUNCTION :"private".revoke_changed_subject(:'columns')

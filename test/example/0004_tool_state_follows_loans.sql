-- A tool's state follows its loans by a trigger, so that no program can forget
-- it.  The date on which a loan is due follows from the kind of tool.
--
-- schemaver:revision c27b5a9e13d4
-- schemaver:message the state of a tool follows its loans
-- schemaver:revises 84c1d7f20e56

-- schemaver:up
CREATE FUNCTION shed.set_due_date() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.due_on IS NULL THEN
		SELECT NEW.lent_on + k.days INTO NEW.due_on
		FROM shed.tool t JOIN shed.kind k USING (kind)
		WHERE t.tool_id = NEW.tool_id;
	END IF;
	RETURN NEW;
END
$$;

CREATE FUNCTION shed.set_tool_state() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE shed.tool
	SET state = CASE WHEN NEW.returned_on IS NULL THEN 'lent' ELSE 'available' END::shed.tool_state
	WHERE tool_id = NEW.tool_id;
	RETURN NULL;
END
$$;

CREATE TRIGGER loan_due_date BEFORE INSERT ON shed.loan
	FOR EACH ROW EXECUTE FUNCTION shed.set_due_date();
CREATE TRIGGER loan_tool_state AFTER INSERT OR UPDATE OF returned_on ON shed.loan
	FOR EACH ROW EXECUTE FUNCTION shed.set_tool_state();

-- Loans that are open already.
UPDATE shed.tool SET state = 'lent'
WHERE tool_id IN (SELECT tool_id FROM shed.loan WHERE returned_on IS NULL);

-- schemaver:down
DROP TRIGGER loan_tool_state ON shed.loan;
DROP TRIGGER loan_due_date ON shed.loan;
DROP FUNCTION shed.set_tool_state();
DROP FUNCTION shed.set_due_date();

-- schemaver:verify
SELECT NOT EXISTS (
	SELECT FROM shed.tool t
	WHERE (t.state = 'lent') <> EXISTS (
		SELECT FROM shed.loan l WHERE l.tool_id = t.tool_id AND l.returned_on IS NULL));

-- PostgreSQL can add a value to an enum, but not take one away: the way down
-- builds the type anew.  It fails, and changes nothing, while a tool is lost.
--
-- A value that is added here cannot be used before a commit: what uses it
-- would have to be another revision, run by another upgrade.
--
-- schemaver:revision 4e60a8d7b312
-- schemaver:message tools can be lost
-- schemaver:revises 9be3071d5fc4

-- schemaver:up
ALTER TYPE shed.tool_state ADD VALUE 'lost';

-- schemaver:down
DROP VIEW shed.shelf;
ALTER TYPE shed.tool_state RENAME TO tool_state_with_lost;
CREATE TYPE shed.tool_state AS ENUM ('available', 'lent', 'repair');
ALTER TABLE shed.tool
	ALTER COLUMN state DROP DEFAULT,
	ALTER COLUMN state TYPE shed.tool_state USING state::text::shed.tool_state,
	ALTER COLUMN state SET DEFAULT 'available';
DROP TYPE shed.tool_state_with_lost;

CREATE VIEW shed.shelf AS
	SELECT t.tool_id, t.kind, t.name, t.state,
		   count(l.loan_id) AS loans,
		   coalesce(sum(f.amount), 0) AS fees
	FROM shed.tool t
	LEFT JOIN shed.loan l USING (tool_id)
	LEFT JOIN shed.fee f USING (loan_id)
	GROUP BY t.tool_id;
COMMENT ON VIEW shed.shelf IS 'tools, how often each was lent and what that brought in';

-- schemaver:verify
-- In the catalog, for reading the value itself would be using it.
SELECT count(*) = 1 FROM pg_enum WHERE enumtypid = 'shed.tool_state'::regtype AND enumlabel = 'lost';

-- What is lent.  The kinds are few and the program relies on them, so they
-- belong to the schema and not to the data.
--
-- schemaver:revision 5b9e27c4a810
-- schemaver:message tools and their kinds
-- schemaver:revises 1f6a0d3c92be

-- schemaver:up
CREATE TYPE shed.tool_state AS ENUM ('available', 'lent', 'repair');

CREATE TABLE shed.kind (
	kind		text PRIMARY KEY,
	days		integer NOT NULL CHECK (days > 0),
	fee_per_day	numeric(6,2) NOT NULL CHECK (fee_per_day >= 0)
);
COMMENT ON COLUMN shed.kind.days IS 'for how many days such a tool is lent';
COMMENT ON COLUMN shed.kind.fee_per_day IS 'for each day after these';

COPY shed.kind (kind, days, fee_per_day) FROM STDIN;
hand tool	14	0.50
power tool	7	2.00
garden	10	1.00
ladder	3	2.50
\.

CREATE TABLE shed.tool (
	tool_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind		text NOT NULL REFERENCES shed.kind,
	name		text NOT NULL CHECK (name <> ''),
	description	text NOT NULL DEFAULT '',
	state		shed.tool_state NOT NULL DEFAULT 'available'
);

-- schemaver:down
DROP TABLE shed.tool;
DROP TABLE shed.kind;
DROP TYPE shed.tool_state;

-- schemaver:verify
SELECT count(*) = 4 FROM shed.kind;

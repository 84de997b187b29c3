-- schemaver:revision 84c1d7f20e56
-- schemaver:message loans
-- schemaver:revises 5b9e27c4a810

-- schemaver:up
CREATE TABLE shed.loan (
	loan_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	tool_id		bigint NOT NULL REFERENCES shed.tool,
	member_id	bigint NOT NULL REFERENCES shed.member,
	lent_on		date NOT NULL DEFAULT current_date,
	due_on		date NOT NULL,
	returned_on	date,
	CHECK (due_on >= lent_on),
	CHECK (returned_on >= lent_on)
);

-- A tool is lent to one member at a time.
CREATE UNIQUE INDEX loan_open_key ON shed.loan (tool_id) WHERE returned_on IS NULL;
CREATE INDEX loan_member_idx ON shed.loan (member_id);

-- schemaver:down
DROP TABLE shed.loan;

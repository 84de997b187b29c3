-- The schema of Shed, a library that lends tools, and the people who borrow.
--
-- schemaver:revision 1f6a0d3c92be
-- schemaver:message members of the tool library
-- schemaver:revises

-- schemaver:up
CREATE SCHEMA shed;
COMMENT ON SCHEMA shed IS 'a library that lends tools';

CREATE TABLE shed.member (
	member_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name		text NOT NULL CHECK (name <> ''),
	email		text NOT NULL,
	joined_on	date NOT NULL DEFAULT current_date
);
COMMENT ON TABLE shed.member IS 'people who may borrow';

CREATE UNIQUE INDEX member_email_key ON shed.member (lower(email));

-- schemaver:down
DROP TABLE shed.member;
DROP SCHEMA shed;

-- schemaver:verify
SELECT count(*) = 0 FROM shed.member;

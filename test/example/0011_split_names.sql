-- A data migration in both directions: one column becomes two.  The old column
-- is renamed and not dropped, so that the way down leads to the same table with
-- the same order of columns.
--
-- schemaver:revision 9be3071d5fc4
-- schemaver:message split the names of members
-- schemaver:revises f2d84b06c9a3

-- schemaver:up
ALTER TABLE shed.member RENAME COLUMN name TO given_name;
ALTER TABLE shed.member RENAME CONSTRAINT member_name_check TO member_given_name_check;
ALTER TABLE shed.member ADD COLUMN family_name text NOT NULL DEFAULT '';

-- The last of several words is the family name.
UPDATE shed.member SET
	given_name = substring(given_name FROM '^(.*\S)\s+\S+$'),
	family_name = substring(given_name FROM '\s(\S+)$')
WHERE given_name ~ '\S\s+\S+$';

CREATE OR REPLACE VIEW shed.account AS
	SELECT m.member_id, concat_ws(' ', m.given_name, nullif(m.family_name, '')) AS name,
		   coalesce(sum(f.amount) FILTER (WHERE f.paid_on IS NULL), 0) AS owed
	FROM shed.member m LEFT JOIN shed.fee f USING (member_id)
	GROUP BY m.member_id;

-- schemaver:down
UPDATE shed.member SET given_name = given_name || ' ' || family_name
WHERE family_name <> '';

CREATE OR REPLACE VIEW shed.account AS
	SELECT m.member_id, m.given_name AS name,
		   coalesce(sum(f.amount) FILTER (WHERE f.paid_on IS NULL), 0) AS owed
	FROM shed.member m LEFT JOIN shed.fee f USING (member_id)
	GROUP BY m.member_id;

ALTER TABLE shed.member DROP COLUMN family_name;
ALTER TABLE shed.member RENAME CONSTRAINT member_given_name_check TO member_name_check;
ALTER TABLE shed.member RENAME COLUMN given_name TO name;

-- schemaver:verify
SELECT count(*) = 0 FROM shed.member WHERE family_name = '' AND given_name ~ '\S\s+\S+$';

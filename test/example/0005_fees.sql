-- The branch "fees" begins here.
--
-- schemaver:revision e90d16b4f873
-- schemaver:message fees and what members owe
-- schemaver:revises c27b5a9e13d4
-- schemaver:branch_labels fees

-- schemaver:up
CREATE TABLE shed.fee (
	fee_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	member_id	bigint NOT NULL REFERENCES shed.member,
	loan_id		bigint UNIQUE REFERENCES shed.loan,
	amount		numeric(8,2) NOT NULL CHECK (amount > 0),
	reason		text NOT NULL,
	paid_on		date
);
CREATE INDEX fee_member_idx ON shed.fee (member_id);

CREATE VIEW shed.account AS
	SELECT m.member_id, m.name, coalesce(sum(f.amount) FILTER (WHERE f.paid_on IS NULL), 0) AS owed
	FROM shed.member m LEFT JOIN shed.fee f USING (member_id)
	GROUP BY m.member_id;
COMMENT ON VIEW shed.account IS 'what each member has to pay';

-- schemaver:down
DROP VIEW shed.account;
DROP TABLE shed.fee;

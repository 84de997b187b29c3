-- A data migration: loans that came back late before there were fees get one.
-- The rule is written out here, and not in a function of the schema, so that
-- this revision does the same in ten years.
--
-- schemaver:revision 3a7cf58e0b29
-- schemaver:message charge loans that were returned late
-- schemaver:revises e90d16b4f873

-- schemaver:up
INSERT INTO shed.fee (member_id, loan_id, amount, reason)
SELECT l.member_id, l.loan_id, (l.returned_on - l.due_on) * k.fee_per_day, 'returned late'
FROM shed.loan l JOIN shed.tool t USING (tool_id) JOIN shed.kind k USING (kind)
WHERE l.returned_on > l.due_on AND k.fee_per_day > 0
ON CONFLICT (loan_id) DO NOTHING;

-- schemaver:down
DELETE FROM shed.fee WHERE reason = 'returned late' AND paid_on IS NULL;

-- schemaver:verify
SELECT NOT EXISTS (
	SELECT FROM shed.loan l JOIN shed.tool t USING (tool_id) JOIN shed.kind k USING (kind)
	WHERE l.returned_on > l.due_on AND k.fee_per_day > 0
	AND NOT EXISTS (SELECT FROM shed.fee f WHERE f.loan_id = l.loan_id));

-- What the catalogue shows.  It reads shed.fee, which the other branch makes:
-- a dependency, not a parent, for the branches stay apart until they are merged.
--
-- schemaver:revision 0c95e7b21a68
-- schemaver:message the shelf: tools by how often they are lent
-- schemaver:revises 7d813fa6e405
-- schemaver:depends_on e90d16b4f873

-- schemaver:up
CREATE VIEW shed.shelf AS
	SELECT t.tool_id, t.kind, t.name, t.state,
		   count(l.loan_id) AS loans,
		   coalesce(sum(f.amount), 0) AS fees
	FROM shed.tool t
	LEFT JOIN shed.loan l USING (tool_id)
	LEFT JOIN shed.fee f USING (loan_id)
	GROUP BY t.tool_id;
COMMENT ON VIEW shed.shelf IS 'tools, how often each was lent and what that brought in';

-- schemaver:down
DROP VIEW shed.shelf;

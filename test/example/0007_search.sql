-- The branch "catalogue" begins here, beside the branch "fees".
--
-- schemaver:revision b64e02d9c7f1
-- schemaver:message full text search of tools
-- schemaver:revises c27b5a9e13d4
-- schemaver:branch_labels catalogue

-- schemaver:up
ALTER TABLE shed.tool ADD COLUMN search tsvector GENERATED ALWAYS AS (
	setweight(to_tsvector('pg_catalog.english', name), 'A') ||
	setweight(to_tsvector('pg_catalog.english', description), 'B')) STORED;
CREATE INDEX tool_search_idx ON shed.tool USING gin (search);

-- schemaver:down
DROP INDEX shed.tool_search_idx;
ALTER TABLE shed.tool DROP COLUMN search;

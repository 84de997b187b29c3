-- Who looked at which tool when, one partition for each year.
--
-- schemaver:revision 7d813fa6e405
-- schemaver:message log of looks at tools
-- schemaver:revises b64e02d9c7f1

-- schemaver:up
CREATE TABLE shed.look (
	tool_id		bigint NOT NULL REFERENCES shed.tool ON DELETE CASCADE,
	member_id	bigint REFERENCES shed.member ON DELETE SET NULL,
	looked_at	timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (looked_at);
CREATE INDEX look_tool_idx ON shed.look (tool_id);

-- Fixed years, not those around now(): the same revision must build the same
-- schema on every day.
DO $$
BEGIN
	FOR y IN 2025 .. 2028 LOOP
		EXECUTE format('CREATE TABLE shed.%I PARTITION OF shed.look FOR VALUES FROM (%L) TO (%L)',
					   'look_' || y,
					   make_timestamptz(y, 1, 1, 0, 0, 0, 'UTC'),
					   make_timestamptz(y + 1, 1, 1, 0, 0, 0, 'UTC'));
	END LOOP;
END
$$;
CREATE TABLE shed.look_default PARTITION OF shed.look DEFAULT;

-- schemaver:down
DROP TABLE shed.look;

-- schemaver:verify
SELECT count(*) = 5 FROM pg_inherits WHERE inhparent = 'shed.look'::regclass;

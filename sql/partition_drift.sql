-- With schemaver.partition_drift off, partitions that something else makes or drops are left alone.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
SELECT schemaver.revision('a', 'CREATE TABLE ev (id int, at date NOT NULL, UNIQUE (id, at)) PARTITION BY RANGE (at);
	CREATE INDEX ON ev (at); CREATE TABLE "Ev 1" PARTITION OF ev FOR VALUES FROM (''2027-01-01'') TO (''2027-02-01'');
	CREATE TABLE ev_2 PARTITION OF ev FOR VALUES FROM (''2027-02-01'') TO (''2027-03-01'')', id => 'a1');
SELECT revision FROM schemaver.upgrade();
CREATE TABLE "Ev 3" PARTITION OF ev FOR VALUES FROM ('2027-03-01') TO ('2027-04-01') PARTITION BY LIST (id);
CREATE TABLE ev_3a PARTITION OF "Ev 3" FOR VALUES IN (1);
CREATE INDEX by_hand ON ev_3a (id);
DROP TABLE "Ev 1";
SELECT kind, identity, change FROM schemaver.drift();
SET schemaver.partition_drift = off;
SELECT kind, identity, change FROM schemaver.drift();
SELECT schemaver.check(drift => true);
SELECT schemaver.capture('nothing');

-- what is not about them still is drift
ALTER TABLE ev ADD COLUMN x int;
ALTER TABLE ev DETACH PARTITION ev_2;
CREATE TABLE alone (a int) PARTITION BY LIST (a);
CREATE TABLE alone_1 PARTITION OF alone FOR VALUES IN (1);
SELECT kind, identity, change FROM schemaver.drift() WHERE identity <> 'public.ev_2.at';	-- since 18 its NOT NULL is inherited
SELECT sql FROM schemaver.revert_drift(allow_data_loss => true);
SELECT kind, identity, change FROM schemaver.drift();
SELECT count(*) FROM pg_partition_tree('ev');

-- nor are they dropped because a wanted schema has them not
SELECT sql FROM schemaver.diff('CREATE TABLE ev (id int, at date NOT NULL, n int, UNIQUE (id, at)) PARTITION BY RANGE (at); CREATE INDEX ON ev (at);
	CREATE TABLE ev_2 PARTITION OF ev FOR VALUES FROM (''2027-02-01'') TO (''2027-03-01'')');
DROP EXTENSION schemaver;
DROP TABLE ev;

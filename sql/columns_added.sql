-- A table that only gets columns is not read before that: are states and downs right all the same?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
CREATE FUNCTION public.index_wanted() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%.wanted') THEN
    CREATE INDEX IF NOT EXISTS t_wanted ON s.t (wanted);
  END IF;
END $$;
CREATE SCHEMA s;
CREATE TABLE s.empty ();
SELECT count(schemaver.revision(up, up, id => 'r' || to_char(n, 'FM00'))) FROM (VALUES
  (1, 'CREATE TABLE s.t (id int PRIMARY KEY, a text); CREATE TABLE s.u (id int)'),
  (2, 'ALTER TABLE s.t ADD b int'),
  (3, 'ALTER TABLE s.t ADD c int NOT NULL DEFAULT 1, ADD d text COLLATE "C"; ALTER TABLE s.t ADD e int'),
  (4, 'ALTER TABLE s.u ADD b int; ALTER TABLE s.t ADD f int; COMMENT ON COLUMN s.t.f IS ''f''; COMMENT ON TABLE s.t IS ''t'''),
  (5, 'ALTER TABLE s.t ADD g int; CREATE INDEX ON s.t (g); ALTER TABLE s.t ADD gg int'),
  (6, 'ALTER TABLE s.t ADD h int; ALTER TABLE s.t DROP h; ALTER TABLE s.t ADD h text'),
  (7, 'ALTER TABLE s.t ADD i int'),
  (8, 'ALTER TABLE s.t DROP b'),
  (9, 'ALTER TABLE s.t ADD j int'),
  (10, 'ALTER TABLE s.t RENAME j TO k; ALTER TABLE s.t ADD j int'),
  (11, 'CREATE DOMAIN s.short AS text CHECK (length(VALUE) < 9); ALTER TABLE s.t ADD l s.short'),
  (12, 'ALTER TABLE s.t ADD m serial, ADD n int REFERENCES s.t, ADD o int CHECK (o > 0), ADD p int GENERATED ALWAYS AS IDENTITY,
    ADD q int GENERATED ALWAYS AS (id + 1) STORED, ADD r int UNIQUE'),
  (13, 'ALTER TABLE s.t ADD IF NOT EXISTS id int, ADD IF NOT EXISTS s int DEFAULT 5'),
  (14, 'ALTER TABLE s.t ALTER s SET DEFAULT 6'),
  (15, 'ALTER TABLE s.t ADD x int DEFAULT 1; ALTER TABLE s.t ALTER x SET DEFAULT 2, ALTER a SET DEFAULT ''a'''),
  (16, 'ALTER TABLE s.t ADD wanted int'),
  (17, 'CREATE TABLE s.child () INHERITS (s.u)'),
  (18, 'ALTER TABLE s.u ADD c int'),
  (19, 'ALTER TABLE s.child ADD d int'),
  (20, 'CREATE TABLE s.rows (r s.t); ALTER TABLE s.t ADD y int'),
  (21, 'CREATE TABLE s.one (a int); CREATE TABLE s.two (a int, z int); CREATE TABLE s.three (z int); CREATE TABLE s.four (a int);
    CREATE POLICY p ON s.one USING (EXISTS (SELECT FROM s.one o JOIN s.two USING (a) JOIN s.three USING (z)))'),
  (22, 'ALTER TABLE s.one ADD z int'),
  (23, 'CREATE RULE r AS ON DELETE TO s.four DO ALSO SELECT FROM s.four o JOIN s.two USING (a) JOIN s.three USING (z)'),
  (24, 'ALTER TABLE s.four ADD z int'),
  (25, 'ALTER TABLE s.empty ADD one int'),
  (26, 'ALTER TABLE s.empty ADD two int'),
  (27, 'CREATE TABLE s.fresh (id int); ALTER TABLE s.fresh ADD a int'),
  (28, 'ALTER TABLE s.fresh ADD b int; CREATE VIEW s.v AS SELECT * FROM s.fresh'),
  (29, 'ALTER TABLE s.fresh ADD c int; ALTER TABLE s.fresh SET SCHEMA public'),
  (30, 'ALTER TABLE public.fresh ADD d int; DROP VIEW s.v'),
  (31, 'ALTER TABLE public.fresh ADD e int; DROP TABLE public.fresh')
) AS r (n, up);
CREATE EVENT TRIGGER index_wanted ON ddl_command_end WHEN tag IN ('ALTER TABLE') EXECUTE FUNCTION index_wanted();
CREATE VIEW held AS
	SELECT run, position, revision, direction,
		(SELECT string_agg(class || ' ' || identity || ' ' || description, E'\n' ORDER BY class, identity)
		 FROM schemaver.object_version v
		 WHERE v.from_state <= s.state AND (v.to_state IS NULL OR v.to_state > s.state)
		 AND description::text LIKE '%s.%') AS objects
	FROM schemaver.step s WHERE outcome = 'done';
CREATE TEMP TABLE drifted (step int, identity text, change text);

-- in one call, and back
SELECT count(*) FROM schemaver.upgrade();
SELECT identity, change FROM schemaver.drift();
CREATE TEMP TABLE downs AS SELECT revision, down FROM schemaver.derived;
SELECT count(*) FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT identity, change FROM schemaver.drift();
CREATE TEMP TABLE in_one_call AS SELECT row_number() OVER (ORDER BY run, position) AS step, * FROM held;

-- one by one
DO $$ BEGIN
  FOR i IN 1..31 LOOP
    PERFORM schemaver.upgrade('+1');
    INSERT INTO drifted SELECT i, identity, change FROM schemaver.drift();
  END LOOP;
END $$;
SELECT revision, a.down, b.down FROM downs a FULL JOIN schemaver.derived b USING (revision) WHERE a.down IS DISTINCT FROM b.down;
DO $$ BEGIN
  FOR i IN 1..31 LOOP
    PERFORM schemaver.downgrade('-1', allow_data_loss => true);
    INSERT INTO drifted SELECT -i, identity, change FROM schemaver.drift();
  END LOOP;
END $$;
SELECT * FROM drifted;
CREATE TEMP TABLE one_by_one AS SELECT row_number() OVER (ORDER BY run, position) AS step, * FROM held WHERE run > 2;
SELECT count(*), count(objects) AS kept, count(DISTINCT objects) AS different FROM in_one_call;
SELECT step, revision, direction FROM in_one_call a FULL JOIN one_by_one b USING (step, revision, direction)
	WHERE a.objects IS DISTINCT FROM b.objects;
SELECT revision, down FROM downs WHERE revision IN ('r02', 'r03', 'r04', 'r11', 'r15', 'r16') ORDER BY revision;
DROP EVENT TRIGGER index_wanted;
DROP FUNCTION index_wanted;
DROP VIEW held;
DROP TABLE in_one_call, one_by_one, downs, drifted;
DROP EXTENSION schemaver;
DROP SCHEMA s CASCADE;

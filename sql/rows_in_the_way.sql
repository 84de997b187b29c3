-- Rows do not fit what revert_drift(), or the down of capture(), brings back: does the error say whose they are, and what to do?
\set SHOW_CONTEXT never
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE t (id int PRIMARY KEY, a int, b int NOT NULL, c int UNIQUE, CHECK (a > 0));
INSERT INTO t VALUES (1, 1, 1, 1), (2, 2, 2, 2);
SELECT schemaver.baseline('b', id => 'b1');
CREATE FUNCTION tried(change text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	call text;
	state text; message text; detail text; hint text;
BEGIN
	FOREACH call IN ARRAY ARRAY['schemaver.revert_drift(allow_data_loss => true)', 'schemaver.downgrade(allow_data_loss => true)'] LOOP
		BEGIN
			EXECUTE change;
			IF call ~ 'downgrade' THEN
				PERFORM schemaver.capture('by hand', id => 'c1', allow_data_loss => true, options => '{"exclude": ["public.tried*"]}');
			END IF;
			EXECUTE 'SELECT count(*) FROM ' || call;
			RETURN NEXT 'done';
			RAISE EXCEPTION USING ERRCODE = 'ZZ001';
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
			RETURN NEXT concat_ws(E'\n', state, message, detail, hint);
		END;
	END LOOP;
END $$;
SELECT tried('ALTER TABLE t DROP CONSTRAINT t_a_check; ALTER TABLE t ALTER a TYPE text USING ''x''');
SELECT tried('ALTER TABLE t ALTER b DROP NOT NULL; UPDATE t SET b = NULL');
SELECT tried('ALTER TABLE t DROP b');
SELECT tried('ALTER TABLE t DROP CONSTRAINT t_c_key; UPDATE t SET c = 1');
SELECT tried('ALTER TABLE t DROP CONSTRAINT t_a_check; UPDATE t SET a = -1');
SELECT tried('ALTER TABLE t DROP CONSTRAINT t_a_check; ALTER TABLE t ALTER a TYPE bigint; UPDATE t SET a = 5000000000');

DROP TABLE t;
DROP FUNCTION tried;
DROP EXTENSION schemaver;

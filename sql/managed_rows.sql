-- Rows that a table shall have: written by key, what others changed is not overwritten
-- in silence, and only the columns that are named are touched.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('country', 'CREATE TABLE country (code char(2) PRIMARY KEY, name varchar(12) NOT NULL, area numeric(10,2), note text DEFAULT ''none'', seen int)', id => 'r1');
SELECT schemaver.managed_rows('country', 'code', $$(code, name, area, note) VALUES
	('DE', 'Germany', 357.1, DEFAULT),
	('FR', 'France', -1.255, 'x'::varchar),
	('IT', 'Italy', NULL, NULL)$$);
SELECT revision, message FROM schemaver.plan();
SELECT revision, message, state FROM schemaver.status();
SELECT schemaver.check();
SELECT revision, message, statements FROM schemaver.upgrade();
SELECT * FROM country ORDER BY code;
SELECT revision, message, statements FROM schemaver.upgrade();
SELECT revision, message, state FROM schemaver.status(true);
SELECT kind, identity FROM schemaver.drift();

-- others change a row, and columns that are not managed
UPDATE country SET seen = 7;
UPDATE country SET name = 'Frankreich' WHERE code = 'FR';
DELETE FROM country WHERE code = 'IT';
INSERT INTO country VALUES ('PL', 'Poland');
SELECT kind, identity, change, differs, sql_revert FROM schemaver.drift();
SELECT schemaver.check(drift => true);

-- a text that wants that row as before leaves it; a row is not deleted unless it is asked for
SELECT schemaver.managed_rows('country', 'code', $$(code, name, area, note) VALUES
	('DE', 'Deutschland', 357.1, DEFAULT), ('FR', 'France', -1.255, 'x'), ('ES', 'Spain', 505.99, NULL)$$);
SELECT revision, message FROM schemaver.plan();
SELECT revision, message, statements FROM schemaver.upgrade();
SELECT * FROM country ORDER BY code;

-- a text that wants it in another way is refused
SELECT schemaver.managed_rows('country', 'code', $$(code, name) VALUES ('DE', 'Deutschland'), ('FR', 'La France')$$);
SELECT revision, message FROM schemaver.plan();
SELECT revision, message, statements FROM schemaver.upgrade();
SELECT revision, message, statements FROM schemaver.upgrade(allow_data_loss => true);
SELECT * FROM country ORDER BY code;

-- overwriting and deleting as the definition says
UPDATE country SET name = 'Francia' WHERE code = 'FR';
SELECT schemaver.managed_rows('country', 'code', $$(code, name) VALUES ('DE', 'Deutschland'), ('FR', 'France')$$, delete => true, overwrite => true);
SELECT revision, message FROM schemaver.plan();
SELECT revision, message, statements FROM schemaver.upgrade();
SELECT * FROM country ORDER BY code;

-- the same text again, and one that runs always
SELECT schemaver.managed_rows('country', 'code', $$ ( code , name ) VALUES ('DE','Deutschland'),
	/* a comment */ ('FR', 'France') ; $$, delete => true, overwrite => true);
SELECT revision, message FROM schemaver.plan();
SELECT schemaver.managed_rows('country', 'code', $$(code, name) VALUES ('DE', 'Deutschland'), ('FR', 'France')$$, overwrite => true, run => 'always');
UPDATE country SET name = 'x' WHERE code = 'FR';
SELECT revision, message, statements FROM schemaver.upgrade();
SELECT revision, message, statements FROM schemaver.upgrade();

-- without a list of columns they are those of the table, as of an INSERT
SELECT schemaver.managed_rows('country', 'code', $$VALUES ('DE', 'Germany')$$);
SELECT up::jsonb -> 'columns' AS columns FROM schemaver.living;

-- forgotten rows stay
SELECT schemaver.remove('public.country');
SELECT revision, message FROM schemaver.upgrade();
SELECT count(*) FROM country;
DROP EXTENSION schemaver;
DROP TABLE country;

-- Does a derived down know a value of an enum that got another name while others were added?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TYPE st AS ENUM ('A', 'B', 'C');
CREATE TABLE x (s st);
SELECT schemaver.revision('one', $$ALTER TYPE st RENAME VALUE 'C' TO 'X'; ALTER TYPE st ADD VALUE 'C' BEFORE 'A'; ALTER TYPE st ADD VALUE 'N'$$, id => 'r1');
SELECT schemaver.revision('swap', $$ALTER TYPE st RENAME VALUE 'A' TO 'x1'; ALTER TYPE st RENAME VALUE 'B' TO 'A'; ALTER TYPE st RENAME VALUE 'x1' TO 'B';
    ALTER TYPE st ADD VALUE 'between' AFTER 'A'$$, id => 'r2');
SELECT revision FROM schemaver.upgrade('r1');
SELECT schemaver.fingerprint() AS f1 \gset
SELECT revision FROM schemaver.upgrade('r2');
INSERT INTO x VALUES ('A'), ('B'), ('X');
SELECT revision, unnest(needs) AS needs FROM schemaver.plan('base', 'downgrade');
SELECT revision FROM schemaver.downgrade();
SELECT schemaver.fingerprint() = :'f1' AS as_before;
TABLE x;
SELECT revision FROM schemaver.downgrade();
TABLE x;
SELECT enum_range(NULL::st);
SELECT revision FROM schemaver.upgrade();
SELECT kind, identity FROM schemaver.drift();
DROP EXTENSION schemaver;
DROP TABLE x;
DROP TYPE st;

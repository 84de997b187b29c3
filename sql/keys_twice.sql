-- Does a foreign key of a copy depend on the same one of two unique indexes as the foreign key that it was copied from?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE t (id int, k int, v int);
ALTER TABLE t ADD CONSTRAINT used UNIQUE (k);
CREATE TABLE f (k int CONSTRAINT f_k REFERENCES t (k));
CREATE UNIQUE INDEX of_f ON t (v);
ALTER TABLE t ADD CONSTRAINT g_v FOREIGN KEY (id) REFERENCES t (v);
-- made later, and first in the order of names
ALTER TABLE t ADD CONSTRAINT a_unused UNIQUE (k);
CREATE UNIQUE INDEX a_v ON t (v);
SELECT schemaver.baseline('b', id => 'b1');
SELECT schemaver.autogenerate('twins go', 'CREATE TABLE t (id int, k int CONSTRAINT used UNIQUE, v int); CREATE UNIQUE INDEX of_f ON t (v);
	CREATE TABLE f (k int CONSTRAINT f_k REFERENCES t (k)); ALTER TABLE t ADD CONSTRAINT g_v FOREIGN KEY (id) REFERENCES t (v)', id => 'r1');
SELECT up, down FROM schemaver.show('r1') \gx
SELECT revision FROM schemaver.upgrade();
SELECT conname, conindid::regclass FROM pg_constraint WHERE conrelid IN ('t'::regclass, 'f'::regclass) AND contype = 'f' ORDER BY 1;

DROP TABLE f, t;
DROP EXTENSION schemaver;

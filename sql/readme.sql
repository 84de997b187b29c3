-- The examples of README.md and docs/guide.md, in their order.  Each of their blocks marked "sql"
-- stands here as it is, and each result that they show in the expected output:
-- test/check.sh compares.  Times differ, so progress is not reported.
SET schemaver.progress = off;

CREATE EXTENSION schemaver;

SELECT schemaver.revision(
    id      => '1f6a0d3c92be',
    message => 'members',
    up      => 'CREATE TABLE member (
                    member_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    name      text NOT NULL);',
    down    => 'DROP TABLE member;');

SELECT schemaver.revision(
    id      => '5b9e27c4a810',
    message => 'tools',
    up      => 'CREATE TABLE tool (
                    tool_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    name    text NOT NULL,
                    lent_to bigint REFERENCES member);',
    down    => 'DROP TABLE tool;');

SELECT position, revision, direction, message FROM schemaver.plan();
SELECT revision, direction, message, statements FROM schemaver.upgrade();

SELECT revision, direction FROM schemaver.downgrade('-1');
SELECT revision, state, message FROM schemaver.status();

SELECT revision, direction FROM schemaver.upgrade('5b9e');
SELECT schemaver.graph() \g (format=unaligned tuples_only=on)

SELECT schemaver.revision('fees', 'CREATE TABLE fee (member_id bigint REFERENCES member, amount numeric(8,2));',
    'DROP TABLE fee;', id => 'e90d16b4f873', branch_labels => '{fees}');

SELECT schemaver.revision('search', 'ALTER TABLE tool ADD COLUMN search tsvector;',
    'ALTER TABLE tool DROP COLUMN search;', id => 'b64e02d9c7f1',
    revises => '{5b9e27c4a810}', branch_labels => '{catalogue}', splice => true);

SELECT revision, branch_labels, applied FROM schemaver.heads();

SELECT schemaver.merge(id => 'f2d84b06c9a3', message => 'merge fees and search');
SELECT revision, message FROM schemaver.upgrade('head');

INSERT INTO member (name) VALUES ('Ada Brandt'), ('Tomasz Wilk');

SELECT schemaver.revision('split names', id => '9be3071d5fc4',
    up => $$
        ALTER TABLE member RENAME COLUMN name TO given_name;
        ALTER TABLE member ADD COLUMN family_name text NOT NULL DEFAULT '';
        UPDATE member SET given_name = split_part(given_name, ' ', 1),
                          family_name = split_part(given_name, ' ', 2);
    $$,
    down => $$
        UPDATE member SET given_name = given_name || ' ' || family_name;
        ALTER TABLE member DROP COLUMN family_name;
        ALTER TABLE member RENAME COLUMN given_name TO name;
    $$,
    verify => $$ SELECT count(*) = 0 FROM member WHERE given_name LIKE '% %' $$);

SELECT revision, statements FROM schemaver.upgrade();
SELECT given_name, family_name FROM member ORDER BY member_id;

BEGIN;
SELECT revision, direction FROM schemaver.downgrade('-1', allow_data_loss => true);
SELECT * FROM member ORDER BY member_id;
ROLLBACK;

SELECT schemaver.revision('tools have numbers', id => '7d0c4b91e2a5',
    up   => 'ALTER TABLE tool DROP COLUMN name;',
    down => 'ALTER TABLE tool ADD COLUMN name text NOT NULL DEFAULT $$$$;');
SELECT verdict, unnest(objects) AS object FROM schemaver.test();
SELECT schemaver.remove('7d0c');

SELECT schemaver.revision('unique names', E'-- no two of a name\nCREATE UNIQUE INDEX ON member (given_name);\n'
    'CREATE UNIQUE INDEX ON tool (no_such_column);', id => '4e60a8d7b312');
SELECT revision FROM schemaver.upgrade();

SELECT schemaver.edit('4e60', up => 'CREATE UNIQUE INDEX ON tool (name);');
SELECT schemaver.remove('4e60');

SELECT schemaver.check();

SELECT l.granted, a.state
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.relation = 'schemaver.journal'::regclass AND l.mode = 'ShareUpdateExclusiveLock';

SELECT count(*) FROM schemaver.downgrade('base', allow_data_loss => true);
DROP EXTENSION schemaver;

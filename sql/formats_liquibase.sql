-- Do Liquibase's changelogs pass on what they say, and is nothing of them dropped?
CREATE EXTENSION schemaver;
\pset null -
-- Reads a folder given as one text, shows what it came to, and forgets it.
CREATE FUNCTION read(files text, format text DEFAULT NULL)
RETURNS TABLE (id text, revises text, message text, up text, down text, options jsonb) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM schemaver.load('folder', files, format);
	RETURN QUERY SELECT r.revision, array_to_string(r.revises, ' '), r.message,
		btrim(regexp_replace(s.up, '\s+', ' ', 'g')), btrim(regexp_replace(s.down, '\s+', ' ', 'g')), r.options
	FROM schemaver.revision r JOIN schemaver.script s USING (revision) ORDER BY r.position;
	DELETE FROM schemaver.revision;
	DELETE FROM schemaver.revision_child;
	DELETE FROM schemaver.script;
	DELETE FROM schemaver.loaded;
	DELETE FROM schemaver.replaced;
EXCEPTION WHEN OTHERS THEN
	RETURN QUERY SELECT SQLSTATE, '', SQLERRM, '', '', NULL::jsonb;
END$$;
-- properties, contexts, preconditions, depth and ending of includes
SELECT * FROM read('-- schemaver:file root.yaml
databaseChangeLog:
  - preConditions:
      - dbms:
          type: postgresql
  - property:
      name: t
      value: accounts
  - property:
      name: t
      value: other
  - include:
      file: one.sql
      contextFilter: prod
  - includeAll:
      path: more
      endsWithFilter: .sql
      maxDepth: 1
  - includeAll:
      path: none
      errorIfMissingOrEmpty: false
-- schemaver:file one.sql
--liquibase formatted sql logicalFilePath:classpath:old/one.sql
--property name:late value:later
--property name:own value:mine global:false
--changeset ann:1 context:"!test"
--comment without a colon
CREATE TABLE ${t} (${own} int);
--changeset ann:2 rollbackEndDelimiter:/
-- rollbacks are undone
CREATE TABLE ${t}2 ();
--rollback DROP TABLE ${t}2
--rollback /
--changeset ann:3
SELECT 3;
--rollback not required, it is a query
-- schemaver:file more/raw.sql
SELECT ''${late}'';
-- schemaver:file more/deep/x.sql
SELECT 4;
');
SELECT id FROM read('-- schemaver:file any.json
{"databaseChangeLog": [{"preConditions": [{"dbms": {"type": "postgresql, h2"}}]}, {"property": {"name": "t", "value": "a"}},
{"include": {"file": "b.sql"}}, {"include": {"file": "a.sql"}}]}
-- schemaver:file a.sql
--liquibase formatted sql
--changeset ann:1
SELECT 1;
-- schemaver:file b.sql
--liquibase formatted sql
--changeset ann:1
SELECT ''${t}'';
');
SELECT * FROM read('-- schemaver:file root.xml
<databaseChangeLog>
  <preConditions><dbms type="mysql"/></preConditions>
  <include file="a.sql"/>
</databaseChangeLog>
-- schemaver:file a.sql
SELECT 1;
');
SELECT * FROM read('-- schemaver:file root.xml
<databaseChangeLog>
  <include file="a.sql" labels="x"/>
</databaseChangeLog>
-- schemaver:file a.sql
SELECT 1;
');
-- labels of an include are those of its changesets that have none; both cannot be kept
SELECT id, options FROM read('-- schemaver:file root.yaml
databaseChangeLog:
  - include: {file: a.sql, labels: "x, y"}  # the first
  - include: {"file": ''b.sql'', context: m}
-- schemaver:file a.sql
--liquibase formatted sql
--changeset ann:1
SELECT 1;
-- schemaver:file b.sql
--liquibase formatted sql
--changeset ann:1 labels:z
SELECT 1;
');
SELECT * FROM read('-- schemaver:file root.xml
<databaseChangeLog><include file="a.sql" labels="x"/></databaseChangeLog>
-- schemaver:file a.sql
--liquibase formatted sql
--changeset ann:1 labels:z
SELECT 1;
');
-- values in quotes, references, a comment and an element's end in a value
SELECT id, up FROM read('-- schemaver:file root.yaml
databaseChangeLog:
  - property:
      name: a
      value: "it''s # \"one\""  # a comment
  - property:
      name: b
      value: ''it''''s two''
  - property:
      name: c
      value: three: 3 # a comment
  - include:
      file: a.sql
-- schemaver:file a.sql
--liquibase formatted sql
--changeset ann:1
SELECT $a$${a}$a$, $b$${b}$b$, $c$${c}$c$;
');
SELECT id, up FROM read('-- schemaver:file root.xml
<databaseChangeLog>
  <property name="a" value="x &gt; y > &#38;&amp;&#x41; &quot;"/>
  <include
    file=''a.sql''/>
</databaseChangeLog>
-- schemaver:file a.sql
--liquibase formatted sql
--changeset ann:1
SELECT $a$${a}$a$;
');
SELECT * FROM read('-- schemaver:file root.xml
<databaseChangeLog><property name="a" value="&nope;"/></databaseChangeLog>
');
SELECT * FROM read('-- schemaver:file root.yaml
databaseChangeLog:
  - property:
      name: a
      value: |
        x
');
SELECT * FROM read('-- schemaver:file root.yaml
databaseChangeLog:
  - include: {file: a.sql
');
-- each member of an entry counts
SELECT id, up FROM read('-- schemaver:file root.json
{"databaseChangeLog": [{"include": {"file": "a.sql"}, "includeAll": {"path": "d"}}]}
-- schemaver:file a.sql
--liquibase formatted sql
--changeset ann:1
SELECT 1;
-- schemaver:file d/b.sql
--liquibase formatted sql
--changeset ann:2
SELECT 2;
');
SELECT * FROM read('-- schemaver:file root.json
{"databaseChangeLog": [{"include": {"file": "a.sql"}, "changeSet": {"id": "1"}}]}
-- schemaver:file a.sql
SELECT 1;
');
-- what a comment would hide
SELECT * FROM read('-- schemaver:file a.sql
--liquibase formatted sql
--include file:b.sql
--changeset ann:1
SELECT 1;
');
SELECT * FROM read('-- schemaver:file a.sql
--liquibase formatted sql
--changeset ann:1
SELECT 1;
--rollbackSqlFile path:b.sql
');
DROP FUNCTION read;
-- a name with small letters and capitals is one that was quoted; other capitals mean small letters
CREATE TABLE "Mixed table" ();
CREATE TABLE small ();
SELECT revision FROM schemaver.load('folder', '-- schemaver:file a.sql
--liquibase formatted sql
--changeset ann:1
--preconditions onFail:HALT
--precondition-table-exists table:"Mixed table" schema:PUBLIC
--precondition-table-exists table:SMALL
SELECT 1;
--changeset ann:2
--preconditions onFail:MARK_RAN
--precondition-table-exists table:"mixed table" schema:public
SELECT 1;
');
SET client_min_messages = warning;
SELECT revision FROM schemaver.upgrade();
DROP TABLE "Mixed table", small;
DROP EXTENSION schemaver;

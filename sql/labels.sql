-- Where do branch labels and ids get into each other's way?
CREATE EXTENSION schemaver;
\set code '\\echo :SQLSTATE'

SELECT schemaver.revision('m', '', id => 'a1', branch_labels => '{web,shop}');
SELECT schemaver.revision('m', '', id => 'a2', branch_labels => '{api}');
SELECT ref, revision FROM unnest(ARRAY['web', 'shop', 'api', 'web@head', 'web@base', 'a1@head']) ref, schemaver.resolve(ref);

-- a label like an id, an id like a label, a label that is taken or given twice
SELECT schemaver.revision('m', '', id => 'a3', branch_labels => '{a1}');
:code
SELECT schemaver.revision('m', '', id => 'a3', branch_labels => '{a3}');
:code
SELECT schemaver.revision('m', '', id => 'web');
:code
SELECT schemaver.revision('m', '', id => 'a3', branch_labels => '{web}');
:code
SELECT schemaver.revision('m', '', id => 'a3', branch_labels => '{x,x}');
:code
SELECT schemaver.revision('m', '', id => 'a3', branch_labels => '{head}');
:code
SELECT schemaver.revision('m', '', id => 'a3', branch_labels => ARRAY['']);
:code
SELECT schemaver.revision('m', '', id => 'a3', branch_labels => ARRAY['x', NULL]);
:code
SELECT schemaver.edit('a2', branch_labels => '{shop}');
:code

-- a label that is given up can be used again; a tag is a name space of its own
SELECT schemaver.edit('a1', branch_labels => '{shop}');
SELECT schemaver.revision('m', '', id => 'web');
SELECT schemaver.tag('shop', 'a2');
SELECT ref, revision FROM unnest(ARRAY['shop', 'tag:shop', 'web']) ref, schemaver.resolve(ref);

-- a dependency by label follows the label
SELECT schemaver.revision('m', '', id => 'b1', revises => '{}', depends_on => '{shop}');
SELECT schemaver.edit('a1', branch_labels => '{}');
SELECT schemaver.edit('a1', branch_labels => '{shop}');
SELECT revision FROM schemaver.plan('b1');

-- a file whose format has no labels leaves them as they are; a native file says all of them
SELECT revision, action FROM schemaver.load('m/001_first.sql', E'-- migrate:up\nSELECT 1;\n', source => 's');
SELECT schemaver.edit('001', branch_labels => '{kept}', depends_on => '{a1}');
SELECT revision, action FROM schemaver.load('m/001_first.sql', E'-- migrate:up\nSELECT 2;\n', source => 's');
SELECT depends_on, branch_labels FROM schemaver.show('001');
SELECT revision, action FROM schemaver.load('n.sql', E'-- schemaver:revision n1\n-- schemaver:revises a1\n-- schemaver:up\nSELECT 1;\n');
SELECT schemaver.edit('n1', branch_labels => '{gone}');
SELECT revision, action FROM schemaver.load('n.sql', E'-- schemaver:revision n1\n-- schemaver:revises a1\n-- schemaver:up\nSELECT 1;\n');
SELECT branch_labels FROM schemaver.show('n1');

DROP EXTENSION schemaver;

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

DROP EXTENSION schemaver;

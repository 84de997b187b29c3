-- What may a revision stand on?
CREATE EXTENSION schemaver;
\set code '\\echo :SQLSTATE'

SELECT schemaver.revision('m', '', id => 'aaaa1');
SELECT schemaver.revision('m', '', id => 'bbbb1');
SELECT schemaver.revision('m', '', id => 'cccc1');

-- a parent that is no head needs splice
SELECT schemaver.revision('m', '', id => 'bbbb2', revises => '{aaaa1}');
:code
SELECT schemaver.revision('m', '', id => 'bbbb2', revises => '{aaaa1}', splice => true);
SELECT revision, children FROM schemaver.branches();

-- several heads: no default parent
SELECT schemaver.revision('m', '', id => 'dddd1');
:code
SELECT schemaver.revision('m', '', id => 'dddd1', revises => '{head}');
:code

-- unknown, empty, ambiguous, twice, itself, NULL
SELECT schemaver.revision('m', '', id => 'dddd1', revises => '{nowhere}');
:code
SELECT schemaver.revision('m', '', id => 'dddd1', revises => ARRAY['']);
:code
SELECT schemaver.revision('m', '', id => 'dddd1', revises => '{bbbb}');
:code
SELECT schemaver.revision('m', '', id => 'dddd1', revises => '{cccc1,cccc1}');
:code
SELECT schemaver.revision('m', '', id => 'dddd1', revises => '{cccc1,cccc}');
:code
SELECT schemaver.revision('m', '', id => 'dddd1', revises => '{dddd1}');
:code
SELECT schemaver.revision('m', '', id => 'dddd1', depends_on => '{dddd1}', revises => '{cccc1}');
:code
SELECT schemaver.revision('m', '', id => 'dddd1', depends_on => '{nowhere}', revises => '{cccc1}');
:code
SELECT schemaver.revision('m', '', id => 'dddd1', revises => ARRAY['cccc1', NULL]);
:code
SELECT schemaver.revision('m', '', id => 'dddd1', revises => '{{cccc1},{bbbb2}}');
:code
SELECT schemaver.revision('m', '', id => 'dddd1', revises => ARRAY[repeat('x', 10000)]);
:code

-- two parents that are ancestors of each other
SELECT schemaver.revision('m', '', id => 'dddd1', revises => '{aaaa1,cccc1}', splice => true);
:code
SELECT schemaver.merge('{bbbb1,cccc1}');
:code

-- a parent and a dependency by any reference
SELECT schemaver.revision('m', '', id => 'dddd1', revises => '{cccc}', depends_on => '{bbbb2,bbbb2-1}');
SELECT revises, depends_on FROM schemaver.show('dddd1');

-- cycles: through revises, through depends_on, through both
SELECT schemaver.edit('aaaa1', revises => '{dddd1}');
:code
SELECT schemaver.edit('aaaa1', depends_on => '{cccc1}');
:code
SELECT schemaver.revision('m', '', id => 'eeee1', revises => '{}', depends_on => '{dddd1}');
SELECT schemaver.edit('bbbb2', depends_on => '{eeee1}');
:code
SELECT revision FROM schemaver.load('cycle.sql', '-- schemaver:revision y1
-- schemaver:revises y2
-- schemaver:up
-- schemaver:revision y2
-- schemaver:revises
-- schemaver:depends_on y3
-- schemaver:up
-- schemaver:revision y3
-- schemaver:revises y1
-- schemaver:up
');
:code
SELECT s.revision, s.revises, depends_on FROM schemaver.history() h, schemaver.show(h.revision) s ORDER BY 1;

-- merge: all heads by default
SELECT schemaver.merge(id => 'ffff1');
SELECT message, revises FROM schemaver.show('ffff1');
SELECT schemaver.merge();
:code
SELECT schemaver.merge('{}');
:code
SELECT schemaver.merge('{ffff1}');
:code
SELECT schemaver.revision('m', '', id => 'gggg1', revises => '{bbbb1}', splice => true);
SELECT schemaver.merge('{bbbb1,ffff1}');
:code
SELECT schemaver.merge('{ffff1,nowhere}');
:code
SELECT schemaver.merge('{ffff1,ffff}');
:code
SELECT schemaver.merge('{heads}', 'all of them', 'hhhh1');
SELECT message, revises FROM schemaver.show('hhhh1');
SELECT schemaver.revision('after the merge', '', id => 'iiii1');
SELECT revises FROM schemaver.show('iiii1');

-- the default parent is the only head, wherever an edit has put it
SELECT schemaver.revision('m', '', id => 'jjjj1', revises => '{}');
SELECT schemaver.edit('aaaa1', revises => '{jjjj1}');
SELECT revision FROM schemaver.heads();
SELECT schemaver.revision('m', '', id => 'kkkk1');
SELECT revises FROM schemaver.show('kkkk1');

DROP EXTENSION schemaver;

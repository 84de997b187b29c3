-- Pictures of the graph and of the schema say nothing that a name put into them.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;

SELECT schemaver.revision(E'<script>alert(1)</script> "quoted" \'single\' & more\nsecond line', $x$
	CREATE SCHEMA "<b>";
	CREATE TABLE "<b>"."a""]; }' %% `x`" (
		"id -- } ""</td>" int PRIMARY KEY,
		n numeric(8,2) NOT NULL);
	CREATE TABLE "two
lines" (
		id int PRIMARY KEY REFERENCES "<b>"."a""]; }' %% `x`",
		"'--!>]]>" int REFERENCES "two
lines");
	CREATE TABLE plain (
		id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		a int NOT NULL REFERENCES "two
lines",
		b int UNIQUE REFERENCES "two
lines");
$x$, id => '<i>"1''&', branch_labels => '{"<label>"}') \g /dev/null
SELECT revision FROM schemaver.upgrade() \g /dev/null
SELECT schemaver.revision(U&'right to \202Eleft, \0007bell', '', id => 'a2') \g /dev/null

SELECT schemaver.er() \g (format=unaligned tuples_only=on)
SELECT schemaver.er('current', 'dot') \g (format=unaligned tuples_only=on)

-- The graph, without its style and the times of day.
SELECT regexp_replace(line, '[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.+-]+ by \w+', 'TIME by ROLE', 'g') AS svg
FROM schemaver.graph('svg') AS line
WHERE line NOT LIKE '<style>%'
\g (format=unaligned tuples_only=on)

-- An empty graph, a branch and its merge: a lane for each branch.
SELECT revision FROM schemaver.downgrade('base') \g /dev/null
SELECT schemaver.remove('a2') \g /dev/null
SELECT schemaver.remove('<i>"1''&') \g /dev/null
SELECT string_agg(line, '') LIKE '<svg %Graph of 0 revisions%</svg>' AS empty FROM schemaver.graph('svg') AS line;
SELECT schemaver.er() \g (format=unaligned tuples_only=on)
SELECT schemaver.revision('', '', '', id => 'a') \g /dev/null
SELECT schemaver.revision('', '', '', id => 'b') \g /dev/null
SELECT schemaver.revision('', '', '', id => 'c', revises => '{a}', splice => true) \g /dev/null
SELECT schemaver.merge(id => 'd') \g /dev/null
SELECT schemaver.revision('', '', '', id => 'e', depends_on => '{c}') \g /dev/null
SELECT regexp_matches(line, '<path class="(svl[^"]*)" d="([^"]*)"', 'g') FROM schemaver.graph('svg') AS line;

-- What is refused.
\set VERBOSITY terse
SELECT schemaver.er('nobody');
SELECT schemaver.er('current', 'png');
SELECT schemaver.graph('png');
SELECT schemaver.report('pdf');
SELECT schemaver.report(compare => 'nobody');
SELECT schemaver.report(compare => 'd');
CREATE ROLE regress_pictures;
SET ROLE regress_pictures;
SELECT schemaver.er();
SELECT schemaver.report();
SELECT count(*) > 0 AS may_see_the_graph FROM schemaver.graph('svg');
RESET ROLE;
DROP ROLE regress_pictures;
DROP EXTENSION schemaver;

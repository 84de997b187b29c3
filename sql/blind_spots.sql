-- Is there a column of a catalog that describes a user's object and that the description does not see?
--
-- For each column of these catalogs a row of a user's object is changed, and the change rolled back.  Either the
-- fingerprint changes, or the column stands below with the reason.  The columns come from the server, so one that a
-- later major adds is found until it is decided.
\set back :DBNAME
CREATE DATABASE blind_spots TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c blind_spots
SET client_min_messages = error;
CREATE EXTENSION schemaver;
SET allow_system_table_mods = on;
SET schemaver.progress = off;

-- ----- one object at least of each class, with what it can have -----

CREATE ROLE regress_blind_a;
CREATE ROLE regress_blind_b;
CREATE SCHEMA s AUTHORIZATION regress_blind_a;
SET search_path = s;
GRANT USAGE ON SCHEMA s TO regress_blind_b;
CREATE COLLATION coll (provider = icu, locale = 'de');
CREATE COLLATION coll_libc (locale = 'C');
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TYPE pair AS (x int, y text COLLATE "C");
CREATE DOMAIN positive AS int DEFAULT 1 CHECK (VALUE > 0);
CREATE DOMAIN word AS text COLLATE "C" NOT NULL;
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE textspan AS RANGE (subtype = text, collation = "C");
CREATE FUNCTION twice(n int, m int DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * m';
CREATE FUNCTION atomic(n int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT n + 1; END;
CREATE FUNCTION many(OUT a int, OUT b text) RETURNS SETOF record LANGUAGE plpgsql SET work_mem = '1MB' AS 'BEGIN END';
CREATE FUNCTION any_of(VARIADIC int[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE proc() LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION trig() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION evt() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION to_tf(internal) RETURNS internal LANGUAGE internal IMMUTABLE STRICT AS 'array_typanalyze';
CREATE AGGREGATE total (int) (SFUNC = int4_sum, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl,
    MSFUNC = int4_sum, MINVFUNC = int4_sum, MSTYPE = bigint, MINITCOND = '0');
CREATE AGGREGATE largest (int) (SFUNC = int4larger, STYPE = int, SORTOP = >);
CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int, COMMUTATOR = ===, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR FAMILY fam USING btree;
CREATE OPERATOR CLASS oc FOR TYPE int USING btree FAMILY fam AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 btint4cmp(int, int);
ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 1 < (int, bigint), FUNCTION 1 (int, bigint) btint48cmp(int, bigint);
CREATE OPERATOR CLASS plain FOR TYPE xml USING gist AS STORAGE xml;
CREATE OPERATOR FAMILY nearest USING gist;
ALTER OPERATOR FAMILY nearest USING gist ADD OPERATOR 15 <-> (point, point) FOR ORDER BY pg_catalog.float_ops;
CREATE FUNCTION as_pair(int) RETURNS pair LANGUAGE sql AS 'SELECT 1, ''a''';
CREATE CAST (int AS pair) WITH FUNCTION as_pair(int);
CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TRUSTED LANGUAGE lang HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
CREATE TRANSFORM FOR int LANGUAGE lang (FROM SQL WITH FUNCTION to_tf(internal));
CREATE ACCESS METHOD am TYPE TABLE HANDLER heap_tableam_handler;
CREATE TEXT SEARCH PARSER parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH TEMPLATE template (LEXIZE = dsimple_lexize, INIT = dsimple_init);
CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION cfg (PARSER = default);
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR asciiword WITH dict, simple;
CREATE SEQUENCE seq AS int START 5;
CREATE FOREIGN DATA WRAPPER fdw OPTIONS (a '1');
CREATE SERVER srv TYPE 't' VERSION 'v' FOREIGN DATA WRAPPER fdw OPTIONS (b '1');
CREATE USER MAPPING FOR regress_blind_a SERVER srv OPTIONS (password 'secret');
CREATE FOREIGN TABLE ft (a int OPTIONS (c '1')) SERVER srv OPTIONS (d '1');
CREATE TABLE parent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int DEFAULT 3, t text COLLATE "C", m mood, p pair, w word,
    g int GENERATED ALWAYS AS (n * 2) STORED, CONSTRAINT ck CHECK (n > 0), UNIQUE (n) INCLUDE (t)) WITH (fillfactor = 90);
CREATE TABLE child (extra int) INHERITS (parent);
CREATE TABLE fk (a bigint REFERENCES parent ON DELETE SET NULL (a) DEFERRABLE, b int, EXCLUDE USING btree (b WITH =) WHERE (b > 0));
CREATE TABLE parted (k int, v text) PARTITION BY RANGE ((k + 2), abs(k));
CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1, 1) TO (9, 9);
CREATE TABLE typed OF pair;
CREATE INDEX ix ON parent (t text_pattern_ops DESC, lower(t)) INCLUDE (n) WITH (fillfactor = 80) WHERE n > 1;
ALTER INDEX ix ALTER COLUMN 2 SET STATISTICS 10;
CREATE INDEX ix2 ON parent (upper(t));
CREATE TABLE parted2 (k int) PARTITION BY RANGE (abs(k), (k + 1));
CREATE INDEX parted_ix ON parted (v);
CREATE VIEW v WITH (security_barrier) AS SELECT id, n FROM parent;
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS a WITH NO DATA;
CREATE TRIGGER tr BEFORE UPDATE OF n ON parent FOR EACH ROW WHEN (new.n > 1) EXECUTE FUNCTION trig('a');
CREATE CONSTRAINT TRIGGER ctr AFTER INSERT ON parent DEFERRABLE FOR EACH ROW EXECUTE FUNCTION trig();
CREATE TRIGGER ttr AFTER UPDATE ON fk REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION trig();
CREATE RULE ru AS ON DELETE TO fk WHERE old.b = 1 DO INSTEAD NOTHING;
CREATE POLICY po ON fk FOR UPDATE TO regress_blind_a USING (b > 1) WITH CHECK (b > 2);
CREATE STATISTICS st (ndistinct) ON n, (lower(t)) FROM parent;
CREATE PUBLICATION pub FOR TABLE parent (id, n) WHERE (id > 1);
CREATE PUBLICATION pubs FOR TABLES IN SCHEMA public;
CREATE SUBSCRIPTION sub CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE);
CREATE EVENT TRIGGER et ON ddl_command_end WHEN TAG IN ('CREATE CAST') EXECUTE FUNCTION evt();
ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO regress_blind_a;
CREATE EXTENSION citext SCHEMA s;
COMMENT ON TABLE parent IS 'parent';

CREATE TABLE public.reasons (catalog text, columns text[], reason text);
INSERT INTO public.reasons VALUES
-- Runtime facts: docs/drift.md lists them.  Sequences' values and gathered statistics stand in no column that is looked at here.
('pg_class', '{relispopulated}', 'runtime: whether a materialized view was refreshed'),
('pg_index', '{indisclustered}', 'runtime: which index CLUSTER uses'),
-- No statement leads back, so it would be drift for good.  snapshot() and test() tell of it.
('pg_attribute', '{attislocal,attinhcount}', 'whether a column of a child is its own as well; the parents are read'),
('pg_constraint', '{conislocal,coninhcount}', 'whether a constraint of a child is its own as well'),
('*', '{oid,tableoid}', 'an OID names a thing in one database; objects are named by names'),
('pg_class', '{reltype,relfilenode,reltoastrelid,relfrozenxid,relminmxid,relpages,reltuples,relallvisible,relallfrozen,relisshared,relrewrite}',
 'where and how the rows are stored, and what is known of them'),
('pg_class', '{relnatts,relchecks,relhasindex,relhasrules,relhastriggers,relhassubclass,relispartition}', 'sums up other catalogs, which are read'),
('pg_class', '{relkind}', 'another kind of relation would be another object; no command changes it'),
('pg_attribute', '{attlen,attbyval,attalign,attndims,attcacheoff,attmissingval,atthasmissing,atthasdef}', 'follows from type and default; attndims is not enforced'),
('pg_attribute', '{attrelid,attnum}', 'where the column stands: its table and its place, which are read'),
('pg_attribute', '{attcollation}', 'printed when it is not that of the type'),
('pg_type', '{typlen,typrelid,typelem,typarray,typtype,typbyval,typalign,typstorage,typcategory,typispreferred,typdelim,typndims,typisdefined,typinput,typoutput,typreceive,typsend,typmodin,typmodout,typanalyze,typsubscript,typdefault}',
 'of a base type its definition (see below); of any other type it follows from the rest'),
('pg_proc', '{pronargs,provariadic}', 'length of proargtypes; proargmodes says it'),
('pg_index', '{indexrelid,indrelid,indnatts,indislive,indisready,indcheckxmin,indisreplident,indimmediate,indisprimary,indisexclusion}',
 'states of a build under way, or of constraints, which are read from pg_constraint'),
('pg_constraint', '{connamespace,conrelid,contypid,conindid,conparentid,conkey,confkey,conpfeqop,conppeqop,conffeqop,conexclop,conbin}', 'printed by pg_get_constraintdef(), or found by the server'),
('pg_trigger', '{tgrelid,tgparentid,tgisinternal,tgconstrrelid,tgconstrindid,tgconstraint,tgnargs}', 'of the table or of its constraint'),
('pg_policy', '{polrelid}', 'the table that it is part of'),
('pg_rewrite', '{ev_class}', 'the relation that it is part of'),
('pg_sequence', '{seqrelid}', 'the sequence itself'),
('pg_enum', '{enumtypid}', 'the type that it is part of'),
('pg_range', '{rngtypid}', 'the type itself'),
('pg_aggregate', '{aggfnoid,aggnumdirectargs}', 'the aggregate itself; follows from its arguments'),
('pg_operator', '{oprkind,oprresult}', 'follows from the arguments and the function'),
('pg_amop', '{amopfamily,amopmethod}', 'of the family that it is part of'),
('pg_amproc', '{amprocfamily}', 'the family that it is part of'),
('pg_collation', '{collversion,collencoding}', 'what the system has; locale names are of one encoding'),
('pg_language', '{lanispl}', 'false only for those of the server'),
('pg_extension', '{extrelocatable,extconfig,extcondition}', 'say what the scripts of the extension did'),
('pg_extension', '{extname}', 'there is no other extension here under whose name it could stand'),
('pg_extension', '{extowner}', 'no command changes it, and dumps do not carry it'),
('pg_user_mapping', '{umoptions}', 'secrets'),
('pg_foreign_table', '{ftrelid}', 'the table itself'),
('pg_publication_rel', '{prpubid}', 'the publication that it is part of'),
('pg_publication_namespace', '{pnpubid}', 'the publication that it is part of'),
('pg_subscription', '{subdbid,subskiplsn,subconninfo,subenabled}',
 'a secret, or the state of a running subscription, which dumps do not carry either'),
('pg_statistic_ext', '{stxrelid}', 'the table that it is part of'),
('pg_inherits', '{inhrelid,inhseqno,inhdetachpending}', 'the child; the order of the parents; a detach under way'),
('pg_partitioned_table', '{partrelid,partdefid,partnatts}', 'the table; its default partition, which is read as one; a length'),
('pg_attrdef', '{adrelid,adnum}', 'the column that it is part of'),
('pg_default_acl', '{}', ''),
('pg_init_privs', '{objoid,classoid,objsubid,privtype,initprivs}', 'of objects of extensions'),
('pg_seclabel', '{objoid,classoid,objsubid,provider,label}', 'needs a provider, which this server has not; see annotate.c'),
('pg_ts_config_map', '{mapcfg}', 'the configuration that it is part of');

-- Values that differ from what is there, as SQL expressions.
CREATE FUNCTION public.candidates(catalog text, col text, type text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    c text := quote_ident(col);
BEGIN
    CASE type
        WHEN 'boolean' THEN RETURN NEXT 'NOT ' || c;
        WHEN 'name' THEN RETURN NEXT quote_literal('blind');
        WHEN 'text' THEN RETURN QUERY SELECT quote_literal(v) FROM unnest('{blind,1.1,1}'::text[]) v;
        WHEN '"char"' THEN RETURN QUERY SELECT quote_literal(v) || '::"char"' FROM regexp_split_to_table('rvwdnfipsucxmteDORAahojlSVTbk', '') v;
        WHEN 'smallint', 'integer', 'bigint', 'real' THEN RETURN QUERY SELECT format('(coalesce(%s, 0) %s)::%s', c, v, type) FROM unnest('{+ 1,- 1,+ 7,- 16,+ 4,+ 2}'::text[]) v;
        WHEN 'oid', 'regproc' THEN
            RETURN QUERY EXECUTE (SELECT coalesce(max(format('SELECT oid::text FROM (SELECT oid, row_number() OVER (ORDER BY oid DESC) n, count(*) OVER () m FROM %s) x WHERE n IN (1, 2, 3, m, m - 1, m / 2)', pktable)),
                'SELECT ''0''') FROM pg_get_catalog_foreign_keys() WHERE fktable = catalog::regclass AND fkcols = ARRAY[col]);
            RETURN NEXT '0';
        WHEN 'bytea' THEN RETURN NEXT '''\x6200''::bytea';
        WHEN 'int2vector' THEN RETURN QUERY SELECT quote_literal(v) FROM unnest('{1 2,2 1 1,0 0,3,1}'::text[]) v;
        WHEN 'oidvector' THEN RETURN QUERY SELECT quote_literal(v) FROM unnest('{25,23 23,1978 1978 1978,950 950 950,25 25 25,20 23}'::text[]) v
            UNION ALL SELECT format('(SELECT format(''%%s %%s'', oid, oid)::oidvector FROM pg_opclass WHERE opcname = %L)', 'oc');
        WHEN 'text[]' THEN RETURN QUERY SELECT quote_literal(v) FROM unnest(ARRAY['{fillfactor=33}', '{n_distinct=3}', '{zz=1}', '{security_barrier=false}', '{"DROP TABLE"}', '{q}', '{work_mem=2MB}', '{x,y}', '{n,k}']) v;
        WHEN 'aclitem[]' THEN RETURN QUERY SELECT format('''{%s/%s}''', v, current_user) FROM unnest('{=r,=U,=X,=w}'::text[]) v;
        WHEN 'pg_node_tree' THEN
            RETURN QUERY EXECUTE format('SELECT format(''(SELECT %I FROM %s WHERE ctid = %%L)'', ctid) FROM %s WHERE %I IS NOT NULL ORDER BY ctid DESC LIMIT 3',
                col, catalog, catalog, col);
        WHEN 'smallint[]' THEN RETURN QUERY SELECT quote_literal(v) FROM unnest('{"{1}","{2}","{1,2}","{1,2,3}"}'::text[]) v;
        WHEN 'oid[]' THEN RETURN QUERY SELECT quote_literal(v) FROM unnest('{"{25}","{23,25}","{16,17}","{23,23}","{10}"}'::text[]) v;
        WHEN '"char"[]' THEN RETURN QUERY SELECT quote_literal(v) FROM unnest('{"{f}","{o,o}","{i}","{o,t}","{b,b}","{v}"}'::text[]) v;
        ELSE RETURN NEXT 'NULL';
    END CASE;
    RETURN NEXT 'NULL';
END $$;

-- The description after a change of some rows, rolled back.
CREATE FUNCTION public.described(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    print text;
    n int;
BEGIN
    BEGIN
        EXECUTE change;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n > 0 THEN
            print := schemaver.fingerprint();
        END IF;
        RAISE EXCEPTION 'done';
    EXCEPTION WHEN OTHERS THEN
        RETURN CASE WHEN SQLERRM = 'done' THEN print END;
    END;
END $$;

-- Rows of the user's objects: (catalog, ctid).
CREATE FUNCTION public.rows_of(catalog text) RETURNS SETOF tid LANGUAGE plpgsql AS $$
DECLARE
    key text := (SELECT string_agg(format('(c.%I >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.%I AND d.deptype = ''e''))', attname, attname), ' OR ')
        FROM pg_attribute WHERE attrelid = catalog::regclass AND attnum = 1);
BEGIN
    RETURN QUERY EXECUTE format('SELECT c.ctid FROM %s c WHERE (%s) AND to_jsonb(c)::text !~ ''schemaver'' %s', catalog, key,
        CASE catalog WHEN 'pg_attribute' THEN 'AND attnum > 0 AND attrelid IN (SELECT oid FROM pg_class WHERE relkind IN (''r'', ''f'')) ORDER BY attname DESC'
            WHEN 'pg_class' THEN 'AND relkind IN (''r'', ''m'')' END);
END $$;

-- Columns of which no change is seen and that are not listed.
DO $$
DECLARE
    before text := schemaver.fingerprint();
    here record;
    place tid;
    places tid[];
    candidate text;
    after text;
    seen boolean;
    tries int;
BEGIN
    FOR here IN
        SELECT c.relname::text AS catalog, a.attname::text AS col, format_type(atttypid, NULL) AS type
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT c.relisshared
          AND c.relname NOT IN ('pg_depend', 'pg_statistic', 'pg_statistic_ext_data', 'pg_largeobject', 'pg_largeobject_metadata', 'pg_subscription_rel', 'pg_init_privs', 'pg_seclabel')
          AND NOT EXISTS (SELECT FROM public.reasons r WHERE r.catalog IN ('*', c.relname) AND a.attname = ANY (r.columns))
        ORDER BY 1, a.attnum
    LOOP
        seen := false;
        tries := 0;
        places := ARRAY(SELECT r FROM public.rows_of(here.catalog) r ORDER BY md5(r::text));
        -- all rows at once, and where the server refuses that, one by one
        FOREACH place IN ARRAY NULL::tid || places LOOP
            FOR candidate IN SELECT public.candidates(here.catalog, here.col, here.type) LOOP
                after := public.described(format('UPDATE pg_catalog.%I SET %I = %s WHERE ctid = ANY (%L) AND %I IS DISTINCT FROM %s',
                    here.catalog, here.col, candidate, CASE WHEN place IS NULL THEN places ELSE ARRAY[place] END, here.col, candidate));
                seen := after <> before;
                tries := tries + (after IS NOT NULL)::int;
                EXIT WHEN seen OR tries > 400;
            END LOOP;
            EXIT WHEN seen OR tries > 400;
        END LOOP;
        IF seen IS NOT TRUE THEN
            RAISE INFO 'not seen: %.% (%)', here.catalog, here.col, here.type;
        END IF;
    END LOOP;
END $$;

-- A list that names what is not there would hide nothing; all of it is in some major.
SELECT catalog FROM public.reasons WHERE catalog <> '*' AND to_regclass('pg_catalog.' || catalog) IS NULL;
DROP SUBSCRIPTION sub;
\c :back
DROP DATABASE blind_spots;
DROP ROLE regress_blind_a, regress_blind_b;

\echo Use "CREATE EXTENSION schemaver" to load this file. \quit

-- A schema of this name that somebody else owns or may create in, or that
-- already holds objects, could shadow ours: refuse it.
DO $$
DECLARE
	stray text;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n
				   JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
				   WHERE n.nspname OPERATOR(pg_catalog.=) 'schemaver'
				   AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) CURRENT_USER)) THEN
		RAISE EXCEPTION 'schema "schemaver" belongs to a role that is not a superuser'
			USING ERRCODE = 'duplicate_schema', HINT = 'Rename or drop that schema first.';
	END IF;
	IF EXISTS (SELECT FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a
			   WHERE n.nspname OPERATOR(pg_catalog.=) 'schemaver'
			   AND a.privilege_type OPERATOR(pg_catalog.=) 'CREATE'
			   AND a.grantee OPERATOR(pg_catalog.<>) n.nspowner) THEN
		RAISE EXCEPTION 'other roles than its owner may create objects in schema "schemaver"'
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run REVOKE CREATE ON SCHEMA schemaver for them, or drop that schema.';
	END IF;
	SELECT pg_catalog.pg_describe_object(classid, objid, 0) INTO stray
	FROM pg_catalog.pg_depend
	WHERE refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
	AND refobjid OPERATOR(pg_catalog.=) 'schemaver'::pg_catalog.regnamespace
	AND NOT (classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass)
	LIMIT 1;
	IF stray IS NOT NULL THEN
		RAISE EXCEPTION 'schema "schemaver" is not empty'
			USING ERRCODE = 'duplicate_object', DETAIL = 'It contains ' OPERATOR(pg_catalog.||) stray OPERATOR(pg_catalog.||) '.',
				HINT = 'Rename or drop that schema first.';
	END IF;
END
$$;

GRANT USAGE ON SCHEMA schemaver TO PUBLIC;

/*
 * class_language.c
 *		Languages, transforms, casts, conversions, collations, access methods.
 */
#include "postgres.h"

#include "catalog/pg_am.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_language.h"
#include "catalog/pg_transform.h"
#include "model/model.h"
#include "utils/builtins.h"

const ModelClass sv_class_language = {
	.name = "language", .keyword = "LANGUAGE", .catalog = LanguageRelationId, .rank = 60,
	.rename = {4, SV_SPACE_OWN, SV_RENAME_PLAIN, false, 0},
	.style = SV_ID_NAME, .acl_type = 'l',
	.query = "SELECT l.oid AS _oid, lanname AS _name, lanowner AS owner, lanacl AS acl, "
	"'CREATE ' || CASE WHEN lanpltrusted THEN 'TRUSTED ' ELSE '' END || 'LANGUAGE ' || "
	"quote_ident(lanname) || "
	"' HANDLER ' || lanplcallfoid::regproc::text || "
	"CASE WHEN laninline <> 0 THEN ' INLINE ' || laninline::regproc::text ELSE '' END || "
	"CASE WHEN lanvalidator <> 0 THEN ' VALIDATOR ' || lanvalidator::regproc::text ELSE '' END AS "
	"definition "
	"FROM pg_catalog.pg_language l WHERE $2 AND lanispl AND l.oid >= 16384 AND $1 IS NOT NULL",
	.create = sv_emit_definition,
};

const ModelClass sv_class_transform = {
	.name = "transform", .keyword = "TRANSFORM", .catalog = TransformRelationId, .rank = 145,
	.style = SV_ID_GIVEN,
	.query = "SELECT t.oid AS _oid, 'FOR ' || format_type(trftype, NULL) || ' LANGUAGE ' || "
	"quote_ident(lanname) AS _identity, "
	"'CREATE TRANSFORM FOR ' || format_type(trftype, NULL) || ' LANGUAGE ' || quote_ident(lanname) "
	"|| ' (' || "
	"concat_ws(', ', 'FROM SQL WITH FUNCTION ' || CASE WHEN trffromsql::oid <> 0 THEN "
	"trffromsql::oid::regprocedure::text END, "
	"'TO SQL WITH FUNCTION ' || CASE WHEN trftosql::oid <> 0 THEN "
	"trftosql::oid::regprocedure::text END) || ')' AS definition "
	"FROM pg_catalog.pg_transform t JOIN pg_catalog.pg_language l ON l.oid = trflang WHERE $2 AND "
	"t.oid >= 16384 AND $1 IS NOT NULL",
	.create = sv_emit_definition,
};

const ModelClass sv_class_cast = {
	.name = "cast", .keyword = "CAST", .catalog = CastRelationId, .rank = 146,
	.style = SV_ID_GIVEN,
	.query = "SELECT c.oid AS _oid, '(' || format_type(castsource, NULL) || ' AS ' || "
	"format_type(casttarget, NULL) || ')' AS _identity, "
	"'CREATE CAST (' || format_type(castsource, NULL) || ' AS ' || format_type(casttarget, NULL) "
	"|| ') ' || "
	"CASE castmethod WHEN 'i' THEN 'WITH INOUT' WHEN 'b' THEN 'WITHOUT FUNCTION' ELSE 'WITH "
	"FUNCTION ' || castfunc::regprocedure::text END || "
	"CASE castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END AS "
	"definition "
	"FROM pg_catalog.pg_cast c WHERE $2 AND c.oid >= 16384 AND $1 IS NOT NULL "
	"AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 2605 AND d.objid = c.oid "
	"AND d.deptype = 'i')",
	.create = sv_emit_definition,
};

const ModelClass sv_class_access_method = {
	.name = "access method", .keyword = "ACCESS METHOD", .catalog = AccessMethodRelationId,
	.rank = 61,
	.style = SV_ID_NAME,
	.query = "SELECT a.oid AS _oid, amname AS _name, 'CREATE ACCESS METHOD ' || "
	"quote_ident(amname) || ' TYPE ' || "
	"CASE amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END || ' HANDLER ' || "
	"amhandler::oid::regproc::text AS definition "
	"FROM pg_catalog.pg_am a WHERE $2 AND a.oid >= 16384 AND $1 IS NOT NULL",
	.create = sv_emit_definition,
};

const ModelClass sv_class_conversion = {
	.name = "conversion", .keyword = "CONVERSION", .catalog = ConversionRelationId, .rank = 62,
	.rename = {3, SV_SPACE_OWN, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED,
	.query = "SELECT c.oid AS _oid, connamespace AS _schema, conname AS _name, conowner AS owner, "
	"'CREATE ' || CASE WHEN condefault THEN 'DEFAULT ' ELSE '' END || 'CONVERSION ' || "
	"quote_ident(nspname) || '.' || quote_ident(conname) || "
	"' FOR ' || quote_literal(pg_catalog.pg_encoding_to_char(conforencoding)) || ' TO ' || "
	"quote_literal(pg_catalog.pg_encoding_to_char(contoencoding)) || ' FROM ' || "
	"conproc::oid::regproc::text AS definition "
	"FROM pg_catalog.pg_conversion c JOIN pg_catalog.pg_namespace n ON n.oid = connamespace WHERE "
	IN_SCHEMAS("connamespace"),
	.create = sv_emit_definition,
};

const ModelClass sv_class_collation = {
	.name = "collation", .keyword = "COLLATION", .catalog = CollationRelationId, .rank = 63,
	.rename = {3, SV_SPACE_OWN, SV_RENAME_PLAIN, true, 0},
	.style = SV_ID_QUALIFIED,
	.query = "SELECT c.oid AS _oid, collnamespace AS _schema, collname AS _name, collowner AS "
	"owner, "
	"'CREATE COLLATION ' || quote_ident(nspname) || '.' || quote_ident(collname) || ' (' || "
	"concat_ws(', ', "
	"'provider = ' || CASE collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN "
	"'builtin' ELSE 'default' END, "
	"CASE WHEN NOT collisdeterministic THEN 'deterministic = false' END, "
	SV_17("'locale = ' || quote_literal(coalesce(colllocale, CASE WHEN collcollate = collctype "
		  "THEN collcollate END)), ",
		  "'locale = ' || quote_literal(coalesce(colliculocale, CASE WHEN collcollate = collctype "
		  "THEN collcollate END)), ")
	"CASE WHEN collcollate <> collctype THEN 'lc_collate = ' || quote_literal(collcollate) || ', "
	"lc_ctype = ' || quote_literal(collctype) END"
	SV_16(", 'rules = ' || quote_literal(collicurules)", "")
	") || ')' AS definition "
	"FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = collnamespace WHERE "
	IN_SCHEMAS("collnamespace"),
	.create = sv_emit_definition,
};

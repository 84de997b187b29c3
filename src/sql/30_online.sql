-- Online runs: they commit step by step.

CREATE PROCEDURE online_upgrade(target text DEFAULT 'head')
AS 'MODULE_PATHNAME', 'sv_api_online_upgrade' LANGUAGE C;
COMMENT ON PROCEDURE online_upgrade(text)
	IS 'run every missing revision up to the target, with a commit after each; call it again to continue';

CREATE PROCEDURE online_downgrade(target text DEFAULT '-1')
AS 'MODULE_PATHNAME', 'sv_api_online_downgrade' LANGUAGE C;
COMMENT ON PROCEDURE online_downgrade(text)
	IS 'undo every applied revision above the target, with a commit after each; call it again to continue';

CREATE FUNCTION abandon(ref text)
RETURNS text AS 'MODULE_PATHNAME', 'sv_api_abandon' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION abandon(text)
	IS 'forget what an interrupted online run did of a revision; its objects stay as they are';

REVOKE ALL ON PROCEDURE online_upgrade(text), online_downgrade(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION abandon(text) FROM PUBLIC;

-- One call for a release

CREATE PROCEDURE deploy(files text, target reference DEFAULT 'head', format text DEFAULT NULL, source text DEFAULT NULL,
	prune boolean DEFAULT false, variables jsonb DEFAULT NULL, dry_run boolean DEFAULT false,
	allow_data_loss boolean DEFAULT false, note text DEFAULT NULL, contexts text DEFAULT NULL, options jsonb DEFAULT NULL)
AS 'MODULE_PATHNAME', 'sv_api_deploy' LANGUAGE C;
COMMENT ON PROCEDURE deploy(text, reference, text, text, boolean, jsonb, boolean, boolean, text, text, jsonb)
	IS 'load files, plan and upgrade: in one transaction where that is possible, else commit by commit';

REVOKE ALL ON PROCEDURE deploy(text, reference, text, text, boolean, jsonb, boolean, boolean, text, text, jsonb) FROM PUBLIC;

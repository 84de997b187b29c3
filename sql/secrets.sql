-- What only superusers may see is compared for them alone, and secrets for nobody.
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET client_min_messages = error;
SET schemaver.progress = off;
CREATE ROLE regress_schemaver_owner;
CREATE FOREIGN DATA WRAPPER secrets_w;
CREATE SERVER secrets_s FOREIGN DATA WRAPPER secrets_w;
CREATE USER MAPPING FOR regress_schemaver_owner SERVER secrets_s OPTIONS (user 'bob', password 'hidden');
CREATE SUBSCRIPTION secrets_one CONNECTION 'host=nowhere dbname=a' PUBLICATION p WITH (connect = false, slot_name = NONE);
CREATE SUBSCRIPTION secrets_two CONNECTION 'postgresql://bob:hidden@nowhere/a' PUBLICATION p WITH (connect = false);

-- of everybody
SELECT schemaver.snapshot()::text ~ 'hidden|nowhere|bob' AS shown;
SELECT schemaver.fingerprint() AS before \gset
ALTER SUBSCRIPTION secrets_one CONNECTION 'dbname=b';
ALTER USER MAPPING FOR regress_schemaver_owner SERVER secrets_s OPTIONS (SET password 'hidden2');
SELECT schemaver.fingerprint() = :'before' AS same;

-- a superuser's wish
\set wish 'CREATE FOREIGN DATA WRAPPER secrets_w; CREATE SERVER secrets_s FOREIGN DATA WRAPPER secrets_w; CREATE USER MAPPING FOR regress_schemaver_owner SERVER secrets_s OPTIONS (user $$eve$$, sslmode $$on$$, password $$hidden3$$); CREATE SUBSCRIPTION secrets_one CONNECTION $$dbname=c$$ PUBLICATION p WITH (connect = false, slot_name = slot); CREATE SUBSCRIPTION secrets_two CONNECTION $$dbname=a password=hidden4$$ PUBLICATION p, q WITH (connect = false)'
SELECT sql FROM schemaver.diff(:'wish');
SELECT sql FROM schemaver.diff(:'wish', reverse => true);
SELECT schemaver.autogenerate('wish', :'wish') AS id \gset
SELECT count(*) FROM schemaver.upgrade();
SELECT umoptions FROM pg_user_mappings WHERE srvname = 'secrets_s';
SELECT subname, subconninfo, subslotname FROM pg_subscription WHERE subname ~ '^secrets' ORDER BY 1;
SELECT count(*) FROM schemaver.downgrade('base');
SELECT subname, subconninfo, subslotname FROM pg_subscription WHERE subname ~ '^secrets' ORDER BY 1;
-- to nothing: the slot is let go, not dropped
SELECT sql FROM schemaver.diff('CREATE SCHEMA public') WHERE kind = 'subscription';

DROP EXTENSION schemaver;
ALTER SUBSCRIPTION secrets_two SET (slot_name = NONE);
DROP SUBSCRIPTION secrets_one;
DROP SUBSCRIPTION secrets_two;
DROP FOREIGN DATA WRAPPER secrets_w CASCADE;
DROP ROLE regress_schemaver_owner;

-- A merge joins branches.  Mostly it has nothing to run.
--
-- schemaver:revision f2d84b06c9a3
-- schemaver:message merge fees and catalogue
-- schemaver:revises 3a7cf58e0b29 0c95e7b21a68

-- schemaver:up

-- schemaver:down

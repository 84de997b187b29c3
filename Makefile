# schemaver: versioned schema migrations inside PostgreSQL
#
#   make && make install && make installcheck
#
# installcheck runs the regression, isolation and TAP tests on the server that
# libpq's environment names (TAP starts servers of its own).  To build elsewhere:
# make -f /path/to/schemaver/Makefile, in an empty folder.

EXTENSION = schemaver
MODULE_big = schemaver
# The folder of the sources with a slash at its end, as PGXS has it: ./ if it is this one.
here := $(dir $(firstword $(MAKEFILE_LIST)))
# The control file is the one place of the version.
EXTVERSION := $(shell sed -n "s/^default_version *= *'\([^']*\)'.*/\1/p" $(here)schemaver.control)

SOURCES := $(patsubst $(here)%,%,$(wildcard $(here)src/*.c $(here)src/*/*.c))
# test/fuzz/run builds a library with its harness
SOURCES += $(FUZZ)
OBJS = $(SOURCES:.c=.o)
# When built elsewhere, the folders of the objects are not there yet.
$(shell mkdir -p $(sort $(dir $(SOURCES))))
SCRIPTS = bin/schemaver
DATA_built = $(EXTENSION)--$(EXTVERSION).sql
DATA = $(patsubst $(here)%,%,$(wildcard $(here)src/sql/updates/*.sql))

REGRESS = $(patsubst $(here)sql/%.sql,%,$(wildcard $(here)sql/*.sql))
REGRESS_OPTS = --encoding=UTF8
ISOLATION = $(patsubst $(here)test/isolation/specs/%.spec,%,$(wildcard $(here)test/isolation/specs/*.spec))
ISOLATION_OPTS = --inputdir=$(here)test/isolation --outputdir=test/isolation/output
TAP_TESTS = 1
PROVE_TESTS = test/t/*.pl

# What a failed run leaves in the journal comes when it comes, and no expected output can have it.
installcheck: export PGOPTIONS += -c schemaver.journal_failures=off

PG_CPPFLAGS = -I$(here)src -DSCHEMAVER_VERSION='"$(EXTVERSION)"'
# Warnings are errors in test/check.sh alone: a newer compiler must not break a build.
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -MMD -MP
EXTRA_CLEAN = $(DEPENDS) $(EXTENSION)--$(EXTVERSION).sql $(EXTENSION)-*.zip test/isolation/output tmp_check

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(EXTENSION)--$(EXTVERSION).sql: $(sort $(wildcard $(here)src/sql/*.sql))
	cat $^ > $@

# The zip for PGXN, of what is committed; see test/t/143_dist.pl.
dist:
	git archive --format=zip --prefix=$(EXTENSION)-$(EXTVERSION)/ -o $(EXTENSION)-$(EXTVERSION).zip HEAD
.PHONY: dist

# The compiler notes which headers each object was made of.  What has no such note, or was made
# by a Makefile without, is built again.
DEPENDS = $(OBJS:.o=.d)
-include $(DEPENDS)
$(filter-out $(patsubst %.d,%.o,$(wildcard $(DEPENDS))),$(OBJS)): force-build
force-build:
.PHONY: force-build

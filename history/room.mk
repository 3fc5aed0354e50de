# SPDX-License-Identifier: GPL-2.0-only
# Figures of runs in a database, for the programs that keep and show them. Without SQLite's header the rest of the suite
# is built, and those programs are left out: this says so.
have_sqlite := $(shell echo '\#include <sqlite3.h>' | $(CC) -E - >/dev/null 2>&1 && echo 1)
ifeq ($(have_sqlite),)
unbuilt := history history/command dashboard
$(info without grantbench-history and grantbench-dashboard: there is no sqlite3.h; apt-get install libsqlite3-dev)
endif
# PostgreSQL's library is loaded when it is asked for; its header is what the calls are checked against.
have_libpq := $(shell echo '\#include <postgresql/libpq-fe.h>' | $(CC) -E - >/dev/null 2>&1 && echo 1)
ifneq ($(have_sqlite),)
ifeq ($(have_libpq),)
$(info without histories on PostgreSQL: there is no libpq-fe.h; apt-get install libpq-dev)
endif
endif
history.cflags := $(if $(have_libpq),-DGNB_LIBPQ)
archives += libhistory.a
libhistory.a.rooms := history
history_libs = -lsqlite3 -lmd $(record_libs)

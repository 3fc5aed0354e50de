# SPDX-License-Identifier: GPL-2.0-only
# Figures of runs in a database, for the programs that keep and show them. Without SQLite's header the rest of the suite
# is built, and those programs are left out: this says so.
have_sqlite := $(shell echo '\#include <sqlite3.h>' | $(CC) -E - >/dev/null 2>&1 && echo 1)
ifeq ($(have_sqlite),)
unbuilt := history history/command dashboard
$(info without grantbench-history and grantbench-dashboard: there is no sqlite3.h; apt-get install libsqlite3-dev)
endif
archives += libhistory.a
libhistory.a.rooms := history
history_libs = -lsqlite3 -lmd $(record_libs)

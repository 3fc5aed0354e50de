# SPDX-License-Identifier: GPL-2.0-only
# Without SQLite's header the rest of the suite is built, and the program is left out: this says so.
have_sqlite := $(shell echo '\#include <sqlite3.h>' | $(CC) -E - >/dev/null 2>&1 && echo 1)
ifeq ($(have_sqlite),1)
programs += grantbench-history
grantbench-history.rooms := history
grantbench-history.archives := librecord.a
grantbench-history.libs = -lsqlite3 -lmd $(record_libs)
history.cflags := -DGNB_SUITE_VERSION='"$(VERSION)"'
else
$(info without grantbench-history: there is no sqlite3.h; apt-get install libsqlite3-dev)
endif

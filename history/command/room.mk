# SPDX-License-Identifier: GPL-2.0-only
programs += $(if $(have_sqlite),grantbench-history)
grantbench-history.rooms := history/command
grantbench-history.archives := libhistory.a librecord.a
grantbench-history.libs = $(history_libs)
history/command.cflags := -DGNB_SUITE_VERSION='"$(VERSION)"'

# SPDX-License-Identifier: GPL-2.0-only
programs += $(if $(have_sqlite),grantbench-dashboard)
grantbench-dashboard.rooms := dashboard plot/doc
grantbench-dashboard.archives := libhistory.a librecord.a
grantbench-dashboard.libs = $(history_libs)
dashboard.cflags := -DGNB_SUITE_VERSION='"$(VERSION)"'

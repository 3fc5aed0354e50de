# SPDX-License-Identifier: GPL-2.0-only
programs += grantbench-report
grantbench-report.rooms += plot
grantbench-report.archives := librecord.a
grantbench-report.libs = $(record_libs) -lhwloc
plot.cflags := -DGNB_SUITE_VERSION='"$(VERSION)"'

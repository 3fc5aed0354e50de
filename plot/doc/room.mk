# SPDX-License-Identifier: GPL-2.0-only
plot/doc.cflags := -DGNB_SUITE_VERSION='"$(VERSION)"'
grantbench-report.rooms += plot/doc

# SPDX-License-Identifier: GPL-2.0-only
programs += grantbench-export
grantbench-export.rooms := export
grantbench-export.archives := librecord.a
grantbench-export.libs = $(record_libs)
export.cflags := -DGNB_SUITE_VERSION='"$(VERSION)"'

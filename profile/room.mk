# SPDX-License-Identifier: GPL-2.0-only
programs += grantbench-profile
grantbench-profile.rooms := profile
grantbench-profile.archives := librecord.a
grantbench-profile.libs := -lelf -ljson-c
profile.cflags := -DGNB_SUITE_VERSION='"$(VERSION)"'

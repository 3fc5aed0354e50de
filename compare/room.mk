# SPDX-License-Identifier: GPL-2.0-only
# Two runs held against each other: what `grantbench compare` says.
archives += libcompare.a
libcompare.a.rooms := compare
compare.cflags := -DGNB_SUITE_VERSION='"$(VERSION)"'

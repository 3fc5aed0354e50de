# SPDX-License-Identifier: GPL-2.0-only
tests/compare.archives := libcompare.a librecord.a
tests/compare.libs = $(record_libs)

# SPDX-License-Identifier: GPL-2.0-only
tests/record.archives := librecord.a
tests/record.libs = $(record_libs) -pthread

# SPDX-License-Identifier: GPL-2.0-only
tests/v3.objects := $(B)/tests/v3/core.o $(B)/tests/v3/small.o $(B)/tests/v3/calls.o $(B)/tests/v3/calls_note.o \
	$(B)/tests/v3/calls_pv.o
tests/v3.cflags := -Itests/v3

# SPDX-License-Identifier: GPL-2.0-only
bench/driver/run.cflags := -include $(B)/version.h
version_in += bench/driver/run

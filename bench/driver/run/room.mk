# SPDX-License-Identifier: GPL-2.0-only
grantbench.rooms += bench/driver/run
bench/driver/run.cflags := -include $(B)/version.h
version_in += bench/driver/run

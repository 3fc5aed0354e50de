# SPDX-License-Identifier: GPL-2.0-only
libhv.a.rooms += hv/v3
# The core includes gv3_sys.h, which is here.
hv/v3.cflags := -Ihv/v3

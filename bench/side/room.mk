# SPDX-License-Identifier: GPL-2.0-only
# What stands behind gnb/bench.h, gnb/device.h, gnb/target.h and gnb/versions.h.
grantbench.rooms += bench/side

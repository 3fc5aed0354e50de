# SPDX-License-Identifier: GPL-2.0-only
# What stands behind gnb/bench.h and gnb/target.h: part of grantbench.

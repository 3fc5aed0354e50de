# SPDX-License-Identifier: GPL-2.0-only
# The families: one file each.
grantbench.rooms += bench

# SPDX-License-Identifier: GPL-2.0-only
# Device-shaped work on real input.
grantbench.rooms += workloads

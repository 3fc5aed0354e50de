# SPDX-License-Identifier: GPL-2.0-only
grantbench-report.rooms += plot/sections

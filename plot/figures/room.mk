# SPDX-License-Identifier: GPL-2.0-only
# What gnuplot runs: beside the report's own program, installed or not (plot/main.c).
plot_scripts := $(wildcard plot/figures/*.gp)
grantbench-report.rooms += plot/figures

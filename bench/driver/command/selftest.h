/* SPDX-License-Identifier: GPL-2.0-only */
/* `grantbench --self-test=overhead`: what the driver itself costs. */
#ifndef GNB_SELFTEST_H
#define GNB_SELFTEST_H

/*
 * Measure, side by side and round by round, a bare loop against the same loop called through a
 * benchmark's run(), and a bare pair of clock reads against gnb_start() and gnb_stop(). Prints one
 * JSON object on stdout: for each {bare_ns, driver_ns, ratio: {value, lo, hi, level, n}}. Exit
 * code.
 */
int gnb_selftest_overhead(const char *pin);

#endif

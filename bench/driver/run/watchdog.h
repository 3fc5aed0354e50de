/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that ends the process when a benchmark's hook does not come back. The runner itself
 * looks at the clock and at signals between rounds; this is for a hook that hangs.
 */
#ifndef GNB_WATCHDOG_H
#define GNB_WATCHDOG_H

/*
 * Start it. expire runs in its thread, with the signal that was not obeyed or 0 for the time, and
 * must end the process. 0 or -errno.
 */
int gnb_watchdog_start(void (*expire)(void *arg, int signal), void *arg);

/* Expire unless disarmed in so many seconds, or two seconds after a signal. */
void gnb_watchdog_arm(double seconds);
void gnb_watchdog_disarm(void);

void gnb_watchdog_stop(void);

#endif

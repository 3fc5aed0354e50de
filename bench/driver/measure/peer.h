/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running peer of flush=membarrier. membarrier(2) interrupts the CPUs that run a thread of this
 * process; with none running it costs a twentieth and interrupts nobody. The peer spins on place 1
 * and counts, and a run during which it did not count is not used.
 */
#ifndef GNB_PEER_H
#define GNB_PEER_H

#include <stdbool.h>
#include <stdint.h>

struct gnb_peer_mark {
	uint64_t count, ns;
};

/* Start it and learn its rate. 0, -EOPNOTSUPP if there is only one core, or -errno. Idempotent. */
int gnb_peer_start(void);
void gnb_peer_stop(void);

/* Let it sleep, and wake it: another process may have its own on that core meanwhile. Nothing if there is none. */
void gnb_peer_pause(void);
void gnb_peer_resume(void);

/* Note where the peer is now. */
void gnb_peer_begin(struct gnb_peer_mark *m);

/* Has it run at a quarter of its rate or more since? */
bool gnb_peer_ran(const struct gnb_peer_mark *m);

#endif

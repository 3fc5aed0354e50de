/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places where a tracer can look at the accounts of locks (docs/probes.md): static probes of the provider hv. Each has
 * one place, so that they are attached and detached quickly, and a counter of who is attached, without whom nothing is
 * prepared for them. All are in what a vCPU does while it waits, or at its end.
 */
#ifndef HV_PROBE_H
#define HV_PROBE_H

#include <hv/locks.h>
#include <stdbool.h>

/* Is somebody attached to it? */
bool hv_probe_wants_waits(void);
bool hv_probe_wants_samples(void);
bool hv_probe_wants_state(void);
bool hv_probe_wants_pair(void);

/* hv:lock_waits(account, kind, times, final): whole times of a kind; final: its vCPU ends. */
void hv_probe_waits(const struct hv_lock_account *a, unsigned kind, bool final);
/* hv:lock_samples(account, first of n, n): what was kept since the last time. */
void hv_probe_samples(const struct hv_lock_account *a, unsigned n);
/* hv:lock_state(account): this thread runs this vCPU, and there it says what it waits for. */
void hv_probe_state(const struct hv_lock_account *a);
/*
 * hv:lock_begin(account, lock, kind) and hv:lock_end(account, kind, ticks): around each wait, the second one with the
 * lock held. A tracer makes waits by them (docs/probes.md).
 */
void hv_probe_begin(const struct hv_lock_account *a, const void *l, unsigned kind);
void hv_probe_end(const struct hv_lock_account *a, unsigned kind, uint64_t ticks);

#endif

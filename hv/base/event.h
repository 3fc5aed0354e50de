/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels as far as the hypervisor itself sends: every domain has ports that are its own to be told by, each with
 * a pending bit. After evtchn_port_set_pending(); no vCPU is interrupted, the guest looks.
 */
#ifndef HV_EVENT_H
#define HV_EVENT_H

#include "atomic.h"

/* Port 0 is no port, as in Xen. */
static inline bool hv_event_port(uint32_t port)
{
	return port && port < HV_PORTS;
}

/* Lost, if it is dying. */
static inline void hv_event_send(struct hv_vcpu *cur, struct hv_domain *d, uint32_t port)
{
	if (hv_load(&d->is_dying))
		return;
	cur->count.events++;
	hv_account_add(&d->events[port], 1);
	hv_fetch_or(cur, &d->events_pending, 1ull << port);
}

#endif

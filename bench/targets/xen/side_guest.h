/* SPDX-License-Identifier: GPL-2.0-only */
/* The side that is a domain of our own, by the channel. */
#ifndef GNB_XEN_SIDE_GUEST_H
#define GNB_XEN_SIDE_GUEST_H

#include "side.h"

/*
 * Make a side. -ENOMEM, -EPERM, -EOPNOTSUPP, -ENOSPC, -EIO, with *why set; it is valid until the
 * next call.
 */
int gnb_xen_side_guest(const struct gnb_xen_want *want, struct gnb_xen_side **s, const char **why);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of the rivals were asked for at boot (gnttab-rival=). */
#ifndef GRANT_RIVALS_H
#define GRANT_RIVALS_H

#include <xen/types.h>

#define GNTTAB_RIVAL_args   (1u << 0) /* arguments copied in blocks */
#define GNTTAB_RIVAL_batch  (1u << 1) /* one flush for an unmap's hypercall */
#define GNTTAB_RIVAL_range  (1u << 2) /* many references by one request */
#define GNTTAB_RIVAL_super  (1u << 3) /* an entry of 2 MiB or 1 GiB */
#define GNTTAB_RIVAL_revoke (1u << 4) /* a granter takes pages back */

/* Set before any domain is made, and constant from then on. */
extern unsigned int gnttab_rivals;

#define gnttab_rival(name) (gnttab_rivals & GNTTAB_RIVAL_ ## name)

#endif

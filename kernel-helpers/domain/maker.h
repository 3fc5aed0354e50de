/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the parts of grantbench-domain. Whatever fails ends the command with one line. */
#ifndef GNB_MAKER_H
#define GNB_MAKER_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "gnb_domain.h"

#define EXIT_XEN   1
#define EXIT_USAGE 2
#define EXIT_HERE  6

extern const xen_domain_handle_t our_name;
extern xc_interface *xch;

__attribute__((noreturn, format(printf, 2, 3))) void die(int code, const char *fmt, ...);
void open_xen(void);
unsigned number(const char *what, const char *s, unsigned min, unsigned max);

/* maker_ask.c */
void usage(void);
int look_up(uint32_t domid, xc_domaininfo_t *info);
bool is_ours(const xc_domaininfo_t *info);
const char *state_of(const xc_domaininfo_t *info);
void state(const char *arg);
void list(void);
void memory(void);
void rivals(void);

#endif

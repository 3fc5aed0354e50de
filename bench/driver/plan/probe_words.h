/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of --probe. */
#ifndef GNB_PROBE_WORDS_H
#define GNB_PROBE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* The words, and what gnb-probe calls each; both end with NULL. */
extern const char *const gnb_probe_words[], *const gnb_probe_whats[];

/* Why the word with this number has nothing to look at; NULL: it has. waits: the hypervisor tells what is waited for. */
const char *gnb_probe_hidden(unsigned word, bool waits);

/* The words of a list, as bits in the order above in *bits if not NULL. 0, or -EINVAL with one line in err. */
int gnb_probe_what(const char *list, unsigned *bits, char *err, size_t len);

#endif

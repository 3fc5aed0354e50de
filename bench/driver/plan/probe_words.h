/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of --probe. */
#ifndef GNB_PROBE_WORDS_H
#define GNB_PROBE_WORDS_H

#include <stddef.h>

/* The words, and what gnb-probe calls each; both end with NULL. */
extern const char *const gnb_probe_words[], *const gnb_probe_whats[];

/* The words of a list, as bits in the order above in *bits if not NULL. 0, or -EINVAL with one line in err. */
int gnb_probe_what(const char *list, unsigned *bits, char *err, size_t len);

#endif

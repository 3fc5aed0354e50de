/* SPDX-License-Identifier: GPL-2.0-only */
/* A signal that wants the run to end. */
#ifndef GNB_SIGNALLED_H
#define GNB_SIGNALLED_H

#include <signal.h>

/* Set by the signal handler; rounds end when it is not 0. */
extern volatile sig_atomic_t gnb_signalled;

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The signal that was caught, for all who look between two pieces of work. */
#include "signalled.h"

volatile sig_atomic_t gnb_signalled;

/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine that a run was made on, and how quiet it was (docs/results.md). */
#ifndef GNB_ENV_H
#define GNB_ENV_H

#include <stdint.h>

#include <gnb/target.h>

#include "json.h"

/* Note what binding to a core will hide: call first in main(). */
void gnb_env_init(void);

/* The environment block, with the target's facts. A value that cannot be read is null. */
struct json_object *gnb_env_read(const struct gnb_target *t);

/*
 * Why no time that is taken in this environment can be trusted, or NULL: the processor is emulated.
 * An exact clock does not mind. Static.
 */
const char *gnb_env_untrusted(struct json_object *env, const struct gnb_clock *c);

/*
 * SHA-256 in hex over the comparison-relevant keys of an environment and the target. keys, if not
 * NULL, gets a new array of their names.
 */
void gnb_env_fingerprint(struct json_object *env, const char *target, char hex[65],
			 struct json_object **keys);

/* Of a manifest that is finished but for them: {machine, subject}, SHA-256 in hex over what record/identity.h has of each. */
struct json_object *gnb_env_fingerprints(struct json_object *manifest);

/* Take the host's name out of an environment, in place. */
void gnb_env_anonymize(struct json_object *env);

/* This host's name, or "" if it has none. Static. */
const char *gnb_env_host(void);

#endif

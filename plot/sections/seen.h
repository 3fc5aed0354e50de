/* SPDX-License-Identifier: GPL-2.0-only */
/* What a collector wrote, as the sections about it read it: what is not there is nothing, unknown or "?". */
#ifndef GNB_SEEN_H
#define GNB_SEEN_H

#include <math.h>

#include "json.h"

static inline size_t gnb_seen_length(json_object *a)
{
	return json_object_is_type(a, json_type_array) ? json_object_array_length(a) : 0;
}

static inline json_object *gnb_seen_at(json_object *a, size_t i)
{
	return json_object_array_get_idx(a, i);
}

static inline json_object *gnb_seen_array(json_object *o, const char *key)
{
	return gnb_json_get(o, key, json_type_array);
}

static inline json_object *gnb_seen_object(json_object *o, const char *key)
{
	return gnb_json_get(o, key, json_type_object);
}

static inline double gnb_seen_number(json_object *o, const char *key)
{
	return gnb_json_get_number(o, key, NAN);
}

static inline const char *gnb_seen_text(json_object *o, const char *key)
{
	return gnb_json_get_string(o, key, "?");
}

#endif

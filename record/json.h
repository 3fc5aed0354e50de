/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strict JSON on json-c: no NaN, no Infinity, valid UTF-8 whatever came in. What makes
 * an object returns a new one, or NULL (which json-c writes as null).
 */
#ifndef GNB_JSON_H
#define GNB_JSON_H

#include <json-c/json.h>

#include <stddef.h>

/* A number, whole or with up to ten digits; null if it is not finite. */
struct json_object *gnb_json_number(double v);

/* A string; bytes that are not UTF-8 become '?'. NULL gives null. */
struct json_object *gnb_json_string(const char *s);

/* One line, no spaces. Owned by the object. */
const char *gnb_json_line(struct json_object *o);

/* Replace the word `what` in every string of the object, keys excepted. */
void gnb_json_replace(struct json_object *o, const char *what, const char *with);

/* Fields of an object by key, or a default where o is none, or the field is missing or of another type. */
const char *gnb_json_get_string(struct json_object *o, const char *key, const char *otherwise);
double gnb_json_get_number(struct json_object *o, const char *key, double otherwise);

/* The same for a field of this type, owned by the object; NULL where there is none. */
struct json_object *gnb_json_get(struct json_object *o, const char *key, enum json_type type);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Making and reading JSON on json-c. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "text.h"

struct json_object *gnb_json_number(double v)
{
	char buf[40];

	if (!isfinite(v))
		return NULL;
	/* Whole numbers stay whole, and there is no "-0". */
	if (v == floor(v) && fabs(v) < 9007199254740992.)
		return json_object_new_int64((int64_t)v);
	snprintf(buf, sizeof(buf), "%.10g", v);
	/* The number that a reader of the text gets, so that it makes no difference who looks at it. */
	return json_object_new_double_s(strtod(buf, NULL), buf);
}

struct json_object *gnb_json_string(const char *s)
{
	struct json_object *o;
	char *copy = s ? strdup(s) : NULL;

	if (!copy)
		return NULL;
	for (char *p = copy; *p;) {
		size_t n = gnb_utf8(p);

		if (!n)
			*p = '?';
		p += n ? n : 1;
	}
	o = json_object_new_string(copy);
	free(copy);
	return o;
}

const char *gnb_json_line(struct json_object *o)
{
	return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
							 JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Whole words only: a host called "vm" is not part of "vmware". */
static char *replaced(const char *s, const char *what, const char *with)
{
	size_t n = strlen(what), len;
	char *out = NULL, before = ' ';
	FILE *f = open_memstream(&out, &len);

	while (f && *s) {
		if (!strncmp(s, what, n) && !isalnum((unsigned char)before) &&
		    !isalnum((unsigned char)s[n])) {
			fputs(with, f);
			s += n;
			before = ' ';
		} else {
			before = *s;
			fputc(*s++, f);
		}
	}
	if (f)
		fclose(f);
	return out;
}

void gnb_json_replace(struct json_object *o, const char *what, const char *with)
{
	switch (json_object_get_type(o)) {
	case json_type_object: {
		json_object_object_foreach(o, key, v)
		{
			(void)key;
			gnb_json_replace(v, what, with);
		}
		break;
	}
	case json_type_array:
		for (size_t i = 0; i < json_object_array_length(o); i++)
			gnb_json_replace(json_object_array_get_idx(o, i), what, with);
		break;
	case json_type_string:
		if (strstr(json_object_get_string(o), what)) {
			char *s = replaced(json_object_get_string(o), what, with);

			if (s)
				json_object_set_string(o, s);
			free(s);
		}
		break;
	default:
		break;
	}
}

struct json_object *gnb_json_get(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		return NULL;
	return json_object_is_type(v, type) ? v : NULL;
}

const char *gnb_json_get_string(struct json_object *o, const char *key, const char *otherwise)
{
	struct json_object *v = gnb_json_get(o, key, json_type_string);

	return v ? json_object_get_string(v) : otherwise;
}

double gnb_json_get_number(struct json_object *o, const char *key, double otherwise)
{
	struct json_object *v = gnb_json_get(o, key, json_type_double);

	if (!v)
		v = gnb_json_get(o, key, json_type_int);
	return v ? json_object_get_double(v) : otherwise;
}

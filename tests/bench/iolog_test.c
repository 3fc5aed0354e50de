// SPDX-License-Identifier: GPL-2.0-only
/* The parser of fio's traces: what fio writes is read, what is broken is named by its line. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iolog.h"
#include "tap.h"

#define V2 "fio version 2 iolog\n"
#define V3 "fio version 3 iolog\n"
#define A3 V3 "0 d add\n1 d open\n"

#define MUTATIONS 20000

/* text must fail, and the message must hold all of says (parts separated by '|'). */
struct broken {
	const char *name, *text, *says;
};

static const struct broken broken[] = {
	{ "empty file", "", "t:1: |empty" },
	{ "one line feed", "\n", "t:1: |fio version 3 iolog" },
	{ "not an iolog", "rw,0,4096\n", "t:1: |not an iolog" },
	{ "version 1", "fio version 1 iolog\n", "t:1: |versions 2 and 3" },
	{ "version 33", "fio version 33 iolog\n", "t:1: |versions 2 and 3" },
	{ "words after the version", "fio version 3 iolog x\n", "t:1: |versions 2 and 3" },
	{ "header without end", "fio version 3 iolog", "t:1: |cut short" },
	{ "empty line", A3 "\n", "t:4: |empty line|remove" },
	{ "blank line", A3 "  \t\n", "t:4: |empty line" },
	{ "one field", A3 "17\n", "t:4: |1 field:|expected" },
	{ "two fields of version 3", A3 "17 d\n", "t:4: |2 fields:|time" },
	{ "version 2 line in version 3", V3 "d add now\n", "t:2: |time 'd'|digits" },
	{ "version 3 line in version 2", V2 "0 d add\n", "t:2: |action 'd'" },
	{ "no offset", A3 "2 d read\n", "t:4: |read needs an offset and a length|has 0" },
	{ "no length", A3 "2 d read 4096\n", "t:4: |read needs|has 1 field" },
	{ "too many fields", A3 "2 d read 0 4096 7\n", "t:4: |has 3 fields" },
	{ "far too many fields", A3 "2 d read 0 4096 7 8 9 10\n", "t:4: |nothing more" },
	{ "words after add", V3 "0 d add 3\n", "t:2: |remove what follows" },
	{ "negative offset", A3 "2 d read -4096 4096\n", "t:4: |offset '-4096'|negative" },
	{ "negative length", A3 "2 d write 0 -1\n", "t:4: |length '-1'|negative" },
	{ "negative time", A3 "-2 d read 0 4096\n", "t:4: |time '-2'|negative" },
	{ "plus sign", A3 "2 d read +1 4096\n", "t:4: |offset '+1'|not a number" },
	{ "hexadecimal", A3 "2 d read 0x10 4096\n", "t:4: |not a number" },
	{ "unit", A3 "2 d read 0 4k\n", "t:4: |length '4k'|not a number" },
	{ "fraction", A3 "2 d read 0 4096.0\n", "t:4: |not a number" },
	{ "length 0", A3 "2 d read 0 0\n", "t:4: |length is 0" },
	{ "length of 4 GiB", A3 "2 d read 0 4294967296\n", "t:4: |too large|4294967295" },
	{ "offset of 2^63", A3 "2 d read 9223372036854775808 1\n", "t:4: |too large" },
	{ "offset of 2^64", A3 "2 d read 18446744073709551616 1\n", "t:4: |too large" },
	{ "end beyond 2^63", A3 "2 d read 9223372036854775807 512\n", "t:4: |2^63" },
	{ "unknown action", A3 "2 d erase 0 4096\n", "t:4: |action 'erase'|trim" },
	{ "name with a space never added", A3 "2 my disk read 0 512\n", "t:4: |action 'disk'" },
	{ "action in capitals", A3 "2 d READ 0 4096\n", "t:4: |action 'READ'" },
	{ "file never added", A3 "2 e read 0 4096\n", "t:4: |'e' was not added|add line" },
	{ "read before any add", V3 "2 e read 0 4096\n", "t:2: |'e' was not added" },
	{ "open before add", V3 "0 d open\n", "t:2: |'d' was not added" },
	{ "opened twice, added once", A3 "2 d open\n", "t:4: |open already" },
	{ "opened thrice, added twice", A3 "2 d add\n3 d open\n4 d open\n", "t:6: |open already" },
	{ "a file of the run before", A3 V3 "0 d open\n", "t:5: |'d' was not added|several jobs" },
	{ "closed by the run before", A3 V3 "0 d add\n1 d close\n", "t:6: |not open|several jobs" },
	{ "a header within a line", A3 "12 d rea" V3, "t:4: |header within a line|several jobs" },
	{ "a later run of version 1", A3 "fio version 1 iolog\n", "t:4: |versions 2 and 3" },
	{ "opened twice", A3 "2 d open\n", "t:4: |open already" },
	{ "read before open", V3 "0 d add\n1 d read 0 512\n", "t:3: |not open" },
	{ "read after close", A3 "2 d close\n3 d read 0 512\n", "t:5: |not open" },
	{ "close before open", V3 "0 d add\n1 d close\n", "t:3: |not open|missing open" },
	{ "wait in version 3", A3 "2 d wait 100 0\n", "t:4: |no wait" },
	{ "cut in the last number", A3 "2 d read 0 65536\n3 d read 0 655", "t:5: |cut short" },
	{ "control character", A3 "2 d read 0 51\0012\n", "t:4: |0x01|damaged" },
	{ "lone carriage return", A3 "2 d\rread 0 512\n", "t:4: |0x0d" },
	{ "second carriage return", A3 "2 d read 0 512\r\r\n", "t:4: |0x0d" },
};

struct good {
	const char *name, *text;
	int version;
	size_t n, reads, writes;
};

static const struct good good[] = {
	{ "header only, version 2", V2, 2, 0, 0, 0 },
	{ "header only, version 3", V3, 3, 0, 0, 0 },
	{ "tabs and several spaces", V3 "0\td  add\n 1 d open \n2 d\tread 0 512\n", 3, 1, 1, 0 },
	{ "carriage returns", "fio version 3 iolog\r\n0 d add\r\n1 d open\r\n2 d write 0 512\r\n",
	  3, 1, 0, 1 },
	{ "largest numbers", A3 "9223372036854775807 d read 9223372032559808512 4294967295\n", 3, 1,
	  1, 0 },
	{ "reopened", A3 "2 d close\n3 d open\n4 d read 0 1\n", 3, 1, 1, 0 },
	{ "file named as an action", V2 "read add\nread open\nread read 0 512\n", 2, 1, 1, 0 },
	{ "syncs of every kind",
	  A3 "1 d sync 0 0\n1 d datasync 7 0\n1 d syncfs 0 0\n1 d sync_file_range 4096 0\n", 3, 4,
	  0, 0 },
	{ "two runs", A3 "2 d read 0 512\n3 d close\n" A3 "2 d write 0 512\n", 3, 2, 1, 1 },
	{ "two runs, the first not closed", A3 A3 "2 d write 0 512\n", 3, 1, 0, 1 },
	{ "two runs of two versions",
	  A3 "2 d read 0 1\n" V2 "d add\nd open\nd read 0 1\nd wait 7 0\n", 3, 3, 2, 0 },
	{ "a file added twice",
	  V3 "0 d add\n0 d add\n1 d open\n2 d read 0 1\n3 d open\n4 d close\n5 d close\n", 3, 1, 1,
	  0 },
	{ "a name with a space",
	  V3 "0 my disk add\n1 my disk open\n2 my disk read 0 512\n3 my disk close\n", 3, 1, 1, 0 },
	{ "a name of actions", V2 "read 0 1 add\nread 0 1 open\nread 0 1 read 0 512\n", 2, 1, 1,
	  0 },
	{ "wait without open", V2 "d add\nd wait 100 0\n", 2, 1, 0, 0 },
};

static bool says(const char *msg, const char *parts)
{
	char part[128];

	for (;;) {
		size_t n = strcspn(parts, "|");

		snprintf(part, sizeof(part), "%.*s", (int)n, parts);
		if (!strstr(msg, part))
			return false;
		if (!parts[n])
			return true;
		parts += n + 1;
	}
}

static bool is_one_line_of_text(const char *msg)
{
	for (; *msg; msg++)
		if ((unsigned char)*msg < 0x20 || *msg == 0x7f)
			return false;
	return true;
}

static void test_broken(const struct broken *b)
{
	struct gnb_iolog log;
	char why[200];
	int err = gnb_iolog_parse(&log, "t", b->text, strlen(b->text), why, sizeof(why));

	if (!ok(err == -EINVAL && says(why, b->says) && is_one_line_of_text(why) && !log.n &&
			!log.rec,
		"refused: %s", b->name))
		printf("# %d, \"%s\" should say \"%s\"\n", err, why, b->says);
	gnb_iolog_free(&log);
}

static void test_good(const struct good *g)
{
	struct gnb_iolog log;
	char why[200];
	int err = gnb_iolog_parse(&log, "t", g->text, strlen(g->text), why, sizeof(why));

	if (!ok(!err && log.version == g->version && log.n == g->n &&
			log.count[GNB_IOLOG_READ] == g->reads &&
			log.count[GNB_IOLOG_WRITE] == g->writes && !why[0],
		"read: %s", g->name))
		printf("# %d, \"%s\", version %d, %zu records\n", err, why, log.version, log.n);
	gnb_iolog_free(&log);
}

/* Lines around the limit, and bytes that no string literal holds. */
static void test_built(void)
{
	size_t len = strlen(A3);
	char *text = malloc(len + 2 * GNB_IOLOG_LINE_MAX);
	struct gnb_iolog log;
	char why[200], name[GNB_IOLOG_NAME_MAX + 2], line[2 * GNB_IOLOG_NAME_MAX + 64];
	int err, n;

	memcpy(text, A3, len);
	memset(text + len, ' ', GNB_IOLOG_LINE_MAX);
	memcpy(text + len, "2 d read 0 512", 14);
	text[len + GNB_IOLOG_LINE_MAX] = '\n';
	err = gnb_iolog_parse(&log, "t", text, len + GNB_IOLOG_LINE_MAX + 1, why, sizeof(why));
	ok(!err && log.n == 1, "read: longest line");
	gnb_iolog_free(&log);

	text[len + GNB_IOLOG_LINE_MAX] = ' ';
	text[len + GNB_IOLOG_LINE_MAX + 1] = '\n';
	err = gnb_iolog_parse(&log, "t", text, len + GNB_IOLOG_LINE_MAX + 2, why, sizeof(why));
	ok(err == -EINVAL && says(why, "t:4: |4096 bytes|at most 4095"), "refused: overlong line");

	memset(text + len, 'x', GNB_IOLOG_LINE_MAX * 2 - 1);
	err = gnb_iolog_parse(&log, "t", text, len + GNB_IOLOG_LINE_MAX * 2 - 1, why, sizeof(why));
	ok(err == -EINVAL && says(why, "t:4: "), "refused: overlong line without end");

	memcpy(text, A3 "2 d read\0 0 512\n", len + 16);
	err = gnb_iolog_parse(&log, "t", text, len + 16, why, sizeof(why));
	ok(err == -EINVAL && says(why, "t:4: |0x00"), "refused: zero byte");

	for (size_t i = 0; i < 4096; i++)
		text[i] = (char)(i * 167 + 0x80);
	err = gnb_iolog_parse(&log, "t", text, 4096, why, sizeof(why));
	ok(err == -EINVAL && says(why, "t:1: |not ") && is_one_line_of_text(why),
	   "refused: binary file");

	memset(name, 'n', sizeof(name));
	name[GNB_IOLOG_NAME_MAX] = '\0';
	n = snprintf(line, sizeof(line), V2 "%s add\n%s open\n", name, name);
	err = gnb_iolog_parse(&log, "t", line, n, why, sizeof(why));
	ok(!err && log.nr_files == 1, "read: longest file name");
	gnb_iolog_free(&log);
	name[GNB_IOLOG_NAME_MAX] = 'n';
	name[GNB_IOLOG_NAME_MAX + 1] = '\0';
	n = snprintf(line, sizeof(line), V2 "%s add\n", name);
	err = gnb_iolog_parse(&log, "t", line, n, why, sizeof(why));
	ok(err == -EINVAL && says(why, "t:2: |257 bytes"), "refused: file name too long");
	free(text);
}

static void test_many_files(void)
{
	const unsigned files = 5000;
	char *text = malloc(files * 64), why[200];
	size_t len = 0;
	struct gnb_iolog log;
	bool good_index = true;
	int err;

	len += sprintf(text + len, V2);
	for (unsigned i = 0; i < files; i++)
		len += sprintf(text + len, "f%u add\n", i);
	for (unsigned i = 0; i < files; i++)
		len += sprintf(text + len, "f%u open\nf%u read %u 512\n", i, i, i * 512);
	err = gnb_iolog_parse(&log, "t", text, len, why, sizeof(why));
	for (unsigned i = 0; !err && i < files; i++)
		good_index &= log.rec[i].file == i && log.rec[i].offset == i * 512;
	ok(!err && log.nr_files == files && log.n == files && good_index, "read: 5000 files");
	gnb_iolog_free(&log);
	free(text);
}

static void test_files(void)
{
	struct gnb_iolog log;
	char why[200], path[32];
	int err, fd[2];

	err = gnb_iolog_load(&log, "workloads/traces/sample.iolog", why, sizeof(why));
	ok(!err && log.version == 3 && log.n == 506 && log.count[GNB_IOLOG_READ] == 367 &&
		   log.count[GNB_IOLOG_WRITE] == 133 && log.count[GNB_IOLOG_SYNC] == 6,
	   "the shipped trace of fio 3.33");
	gnb_iolog_free(&log);

	err = gnb_iolog_load(&log, "tests/data/v2.iolog", why, sizeof(why));
	ok(!err && log.version == 2 && log.n == 7 && log.nr_files == 2 &&
		   log.rec[1].offset == 1044480 && log.rec[1].len == 65536 &&
		   log.rec[3].op == GNB_IOLOG_TRIM && log.rec[3].file == 1,
	   "a version 2 trace");
	gnb_iolog_free(&log);

	err = gnb_iolog_load(&log, "tests/data/none.iolog", why, sizeof(why));
	ok(err == -ENOENT && says(why, "tests/data/none.iolog: "), "no such file");

	err = gnb_iolog_load(&log, "tests", why, sizeof(why));
	ok(err < 0 && says(why, "tests: "), "a folder");

	err = gnb_iolog_load(&log, "/dev/null", why, sizeof(why));
	ok(err == -EINVAL && says(why, "/dev/null:1: |empty"), "an empty file");

	if (pipe(fd) || write(fd[1], A3, strlen(A3)) < 0)
		perror("pipe");
	close(fd[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd[0]);
	err = gnb_iolog_load(&log, path, why, sizeof(why));
	ok(!err && log.nr_files == 1, "a pipe");
	gnb_iolog_free(&log);
	close(fd[0]);
}

static uint64_t rnd(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Damage a good trace at random: it is read or refused with one line, and nothing else happens. */
static void test_mutations(void)
{
	FILE *f = fopen("workloads/traces/sample.iolog", "r");
	uint64_t x = 0x1234567;
	char base[2048], why[200];
	size_t len;
	unsigned read = 0, refused = 0, odd = 0;

	if (!f) {
		ok(false, "%d mutations: no sample", MUTATIONS);
		return;
	}
	len = fread(base, 1, sizeof(base), f);
	fclose(f);
	while (len && base[len - 1] != '\n')
		len--;

	for (unsigned i = 0; i < MUTATIONS; i++) {
		/* An exact allocation, so that a sanitizer sees a read past its end. */
		size_t n = rnd(&x) % 8 ? len : rnd(&x) % (len + 1);
		char *buf = malloc(n ? n : 1);
		struct gnb_iolog log;
		size_t room = rnd(&x) % 4 ? sizeof(why) : rnd(&x) % 40;
		int err;

		memcpy(buf, base, n);
		for (unsigned k = rnd(&x) % 4; n && k < 4; k++) {
			size_t at = rnd(&x) % n;

			switch (rnd(&x) % 4) {
			case 0:
				buf[at] = (char)rnd(&x);
				break;
			case 1:
				buf[at] ^= (char)(1 << rnd(&x) % 8);
				break;
			case 2:
				buf[at] = "0123456789- \n\r\tadopenrt"[rnd(&x) % 23];
				break;
			case 3:
				memmove(buf + at, buf + at + (n - at > 7 ? 7 : 0),
					n - at - (n - at > 7 ? 7 : 0));
				break;
			}
		}
		memset(why, 0, sizeof(why));
		err = gnb_iolog_parse(&log, "t", buf, n, why, room);
		if (!err)
			read++;
		else if (err == -EINVAL && (room < 20 || says(why, "t:")))
			refused++;
		else
			odd++;
		if (!is_one_line_of_text(why) || (err && log.rec))
			odd++;
		gnb_iolog_free(&log);
		free(buf);
	}
	printf("# %u read, %u refused\n", read, refused);
	ok(!odd && read && refused, "%d random mutations", MUTATIONS);
}

int main(void)
{
	const int nb = sizeof(broken) / sizeof(broken[0]), ng = sizeof(good) / sizeof(good[0]);

	tap_plan(nb + ng + 7 + 1 + 6 + 1);
	for (int i = 0; i < nb; i++)
		test_broken(&broken[i]);
	for (int i = 0; i < ng; i++)
		test_good(&good[i]);
	test_built();
	test_many_files();
	test_files();
	test_mutations();
	return tap_done();
}

// SPDX-License-Identifier: GPL-2.0-only
/* The profiling plugin with two CPUs, in turn and at the same time, and calls that wait. */
#include <pthread.h>

#include "plugin_fake.h"

#define WINDOWS 20000

/* g, waiting: a check that fails, and a loop of pause and check. */
static struct qemu_plugin_tb *wait_first, *wait_check, *wait_again, *wait_out;

static void step(unsigned on, const struct qemu_plugin_tb *tb)
{
	cpu = on;
	all(tb);
}

/* Of both CPUs, instruction for instruction in between each other; the second one waits in g. */
static void in_turn(unsigned rounds)
{
	step(0, begin);
	step(0, entry);
	step(1, begin);
	step(1, entry);
	step(0, f);
	step(1, f);
	step(1, wait_first);
	step(0, g);
	step(1, wait_check);
	for (unsigned i = 1; i < rounds; i++) {
		step(1, wait_again);
		step(1, wait_check);
	}
	step(0, f_back);
	step(1, wait_out);
	step(1, f_back);
	step(0, leave);
	step(1, leave);
	step(1, end);
	step(0, end);
}

static void *at_once(void *arg)
{
	cpu = (unsigned)(uintptr_t)arg;
	run(cmd, 2, 0x5000 + 7);
	run(count, 2, 0x5000 + 1);
	for (unsigned i = 0; i < WINDOWS; i++)
		window(PLAIN);
	return NULL;
}

int main(void)
{
	qemu_info_t info = { .target_name = "x86_64",
			     .system_emulation = true,
			     .system = { 2, 2 } };
	char path[] = "/tmp/gnb-plugin-XXXXXX", arg[64];
	pthread_t thread[2];

	close(mkstemp(path));
	snprintf(arg, sizeof(arg), "out=%s", path);
	ok(install(info, arg), "installed for two CPUs");
	make_guest();
	wait_first = block(XEN + 0x200, "90 90 f390");
	wait_check = block(XEN + 0x204, "75fc");
	wait_again = block(XEN + 0x202, "f390");
	wait_out = block(XEN + 0x206, "c3");

	/* The name is said on one CPU, the operation on each. */
	cpu = 0;
	say("a#v1", 0, 1);
	cpu = 1;
	run(cmd, 2, 0x5000);
	run(count, 2, 0x5000 + 1);
	in_turn(5); /* skipped */
	in_turn(1);
	in_turn(3);
	/* Another name, said on the other CPU, and both at the same time. */
	say("b#v1", 7, 1);
	for (uintptr_t i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, at_once, (void *)i);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	at_exit(1, NULL);
	read_back(path);

	ok(has("windows 40006 abandoned 0 open 0\n") && has("\ncpus 2\n"), "windows of both CPUs");
	ok(has("op 0 0 1 2 1 0 13 2 13 26 0 0 a#v1\n"), "the first CPU's, as if it were alone");
	/* entry 3, f 2, 3 + 1, f_back 2, leave 2, ret 1; and twice 2 */
	ok(has("op 2 0 1 2 1 0 14 1 18 32 0 0 a#v1\n") && has("\ncpu 2 1\n"),
	   "the second CPU's, under the name that the first one said");
	ok(has("op 1 7 1 19999 1 0 13 19999 13 259987 0 0 b#v1\n") &&
		   has("op 3 7 1 19999 1 0 13 19999 13 259987 0 0 b#v1\n") && has("\ncpu 3 1\n"),
	   "at the same time: every instruction of both");
	ok(has("node 3 2 call ffff82d040200106\n") && has("node 6 5 call ffff82d040200106\n"),
	   "stacks of each");
	ok(has("block 7 ffff82d040200200 90.90.f390\n") && has("count 2 6 7 3 2 1\nwait 2 6 7 2\n"),
	   "two calls that waited");
	ok(has("count 2 6 9 1 2 0\n") && !has("wait 2 6 9"),
	   "and went round two times more in the same call");
	ok(!has("wait 0") && !has("wait 1") && !has("wait 3"), "nobody else waited");
	unlink(path);
	return tap_done();
}

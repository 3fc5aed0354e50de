// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command, and says how often Xen took its grant and p2m locks meanwhile, and found one held by another CPU. Of a
 * Xen that counts them (kernel-helpers/xen/variants/locks); of others nothing is said. Dom0 only.
 *
 *   lab_locks COMMAND [ARG]...
 *
 * Exit: the command's; 1 too if the counters cannot be read.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenctrl.h>

#define LOCK "lock: "
#define HELD ": held"

static int run(char **command)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execvp(command[0], command);
		fprintf(stderr, "lab_locks: %s: %s\n", command[0], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		fprintf(stderr, "lab_locks: %s: %s\n", command[0], strerror(errno));
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The sum over all CPUs of the counter that is described. */
static unsigned long sum(const xc_perfc_val_t *val, unsigned n)
{
	unsigned long all = 0;

	while (n--)
		all += *val++;
	return all;
}

/* Each lock that was taken: its counter is followed by that of how often it was found held. */
static void print(const xc_perfc_desc_t *desc, const xc_perfc_val_t *val, int n)
{
	unsigned long taken = 0;

	printf("# %-28s %12s %10s %8s\n", "lock", "taken", "was held", "share");
	for (int i = 0; i < n; val += desc[i++].nr_vals) {
		const char *name = desc[i].name;
		size_t len = strnlen(name, sizeof(desc[i].name));
		unsigned long now = sum(val, desc[i].nr_vals);

		if (strncmp(name, LOCK, strlen(LOCK)))
			continue;
		if (len < strlen(HELD) || strcmp(name + len - strlen(HELD), HELD)) {
			taken = now;
			continue;
		}
		if (taken)
			printf("# %-28.*s %12lu %10lu %7.3f%%\n",
			       (int)(len - strlen(LOCK) - strlen(HELD)), name + strlen(LOCK), taken,
			       now, 100.0 * (double)now / (double)taken);
	}
}

static int counted(xc_interface *xch, int n_desc, int n_val)
{
	DECLARE_HYPERCALL_BUFFER(xc_perfc_desc_t, desc);
	DECLARE_HYPERCALL_BUFFER(xc_perfc_val_t, val);
	int rc = -1;

	desc = xc_hypercall_buffer_alloc(xch, desc, sizeof(*desc) * (size_t)n_desc);
	val = xc_hypercall_buffer_alloc(xch, val, sizeof(*val) * (size_t)n_val);
	if (desc && val)
		rc = xc_perfc_query(xch, HYPERCALL_BUFFER(desc), HYPERCALL_BUFFER(val));
	if (!rc)
		print(desc, val, n_desc);
	else
		fprintf(stderr, "lab_locks: Xen's counters: %s\n", strerror(errno));
	xc_hypercall_buffer_free(xch, desc);
	xc_hypercall_buffer_free(xch, val);
	return rc;
}

int main(int argc, char **argv)
{
	xc_interface *xch;
	int n_desc, n_val, rc;
	bool counts;

	if (argc < 2) {
		fprintf(stderr, "Usage: lab_locks COMMAND [ARG]...\n");
		return 2;
	}
	xch = xc_interface_open(NULL, NULL, 0);
	counts = xch && !xc_perfc_query_number(xch, &n_desc, &n_val) && !xc_perfc_reset(xch);
	rc = run(argv + 1);
	if (counts && counted(xch, n_desc, n_val) && !rc)
		rc = 1;
	if (xch)
		xc_interface_close(xch);
	return rc;
}

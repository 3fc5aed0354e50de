// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parameters that Xen runs with, from its own file system (hypfs, dom0 only): "key value" lines,
 * "unknown" for what Xen does not tell. Needs /dev/xen/privcmd.
 *
 *   lab_params NAME...     names as on Xen's command line
 */
#include <stdio.h>
#include <stdlib.h>
#include <xenhypfs.h>

int main(int argc, char **argv)
{
	xenhypfs_handle *h = xenhypfs_open(NULL, 0);

	for (int i = 1; i < argc; i++) {
		char path[128], *value;

		snprintf(path, sizeof(path), "/params/%s", argv[i]);
		value = h ? xenhypfs_read(h, path) : NULL;
		printf("%s %s\n", argv[i], value ? value : "unknown");
		free(value);
	}
	if (h)
		xenhypfs_close(h);
	return 0;
}

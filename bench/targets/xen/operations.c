// SPDX-License-Identifier: GPL-2.0-only
/* Operations beside grants: what Xen 4.17 has of them, and who does it. */
#include "operations.h"

#include <errno.h>

static const char *log_lacks(unsigned nr)
{
	if (nr < GNB_LOG_STATS)
		return NULL;
	if (nr == GNB_LOG_COLLECT || nr == GNB_LOG_CLEAR)
		return "Xen has no such operation of log-dirty: that is of KVM's ways";
	return nr == GNB_LOG_STATS ? "Xen does not know what nobody recorded"
				   : "Xen has no such operation of log-dirty";
}

static const char *memory_lacks(unsigned nr)
{
	if (nr == GNB_MEMORY_FOREIGN || nr == GNB_MEMORY_REMOVE)
		return "what is in dom0's own p2m, if it has one, is its kernel's affair";
	return nr <= GNB_MEMORY_POPULATE ? NULL : "Xen has no such operation on memory";
}

static const char *kind_lacks(enum gnb_op_kind kind, unsigned nr)
{
	switch (kind) {
	case GNB_OP_LOG_DIRTY:
		return log_lacks(nr);
	case GNB_OP_MEMORY:
		return memory_lacks(nr);
	case GNB_OP_MAPPING:
		return nr <= GNB_MAPPING_UNMAP ? NULL : "Xen has no such operation of mappings";
	case GNB_OP_LOG_WAY:
		return nr == GNB_WAY_MARKS ? NULL : "Xen logs by marks";
	case GNB_OP_DEVICE:
		return "a domain made by grantbench has no device";
	case GNB_OP_LENDING:
		return "Xen lends no memory that can be revoked: what it has in its place are mappings by number "
		       "and emulation, without a sequence";
	default:
		return "the xen target has no such operation yet";
	}
}

const char *gnb_xen_operation_refused(enum gnb_op_kind kind, unsigned nr,
				      const struct gnb_guest_info *info,
				      const struct gnb_xen_means *means)
{
	const char *no = kind_lacks(kind, nr);

	if (!no)
		no = gnb_xen_tools_refused(info, means);
	return !no && kind == GNB_OP_MAPPING ? gnb_xen_device_refused(means) : no;
}

long gnb_xen_operation(struct gnb_xen_tools *t, struct gnb_vcpu *v, enum gnb_op_kind kind,
		       unsigned nr, void *args)
{
	if (!t || kind_lacks(kind, nr))
		return -EOPNOTSUPP;
	if (kind == GNB_OP_MEMORY)
		return gnb_xen_tools_memory(t, v, nr, args);
	if (kind == GNB_OP_MAPPING)
		return gnb_xen_tools_mapping(t, v, nr, args);
	return gnb_xen_tools_log(t, v, nr, args);
}

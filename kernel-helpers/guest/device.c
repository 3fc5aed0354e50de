// SPDX-License-Identifier: GPL-2.0-only
/* gnb_guest: the character device. Copies requests in, once, checks rights and reserved fields. */
#include <linux/bitmap.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <asm/tsc.h>
#include <asm/xen/hypercall.h>
#include <xen/features.h>
#include <xen/interface/version.h>
#include <xen/page.h>

#include "session.h"

static int gnb_open(struct inode *inode, struct file *file)
{
	struct gnb_session *m;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock);
	xa_init(&m->gfns);
	file->private_data = m;
	return nonseekable_open(inode, file);
}

static int gnb_release(struct inode *inode, struct file *file)
{
	struct gnb_session *m = file->private_data;

	gnb_session_release(m);
	vfree(m->args);
	kfree(m);
	return 0;
}

static long get_info(void __user *arg)
{
	struct gnb_guest_info i = { .abi = GNB_GUEST_ABI,
				    .domid = gnb_own_domid(),
				    .tsc_khz = tsc_khz,
				    .refs_held = atomic_read(&gnb_refs_held) };
	int rc = gnb_table_size(&i.nr_frames, &i.max_frames);

	if (!rc)
		rc = gnb_table_version(&i.grant_version);
	if (rc)
		return rc;
	i.xen_version = HYPERVISOR_xen_version(XENVER_version, NULL);
	if (xen_feature(XENFEAT_auto_translated_physmap))
		i.flags |= GNB_GUEST_TRANSLATED;
	if (xen_initial_domain())
		i.flags |= GNB_GUEST_INITIAL;
	return copy_to_user(arg, &i, sizeof(i)) ? -EFAULT : 0;
}

static long setup(struct gnb_session *m, void __user *arg)
{
	struct gnb_guest_setup s;
	int rc;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	if (s.frames > GNB_GUEST_MAX_FRAMES || s.pages > GNB_GUEST_MAX_PAGES ||
	    s.own_pages > GNB_GUEST_MAX_PAGES || s.slots > GNB_GUEST_MAX_PAGES)
		return -EINVAL;
	mutex_lock(&m->lock);
	rc = m->ready ? -EBUSY : gnb_session_setup(m, &s);
	if (!rc)
		smp_store_release(&m->ready, true);
	mutex_unlock(&m->lock);
	if (rc)
		return rc;
	return copy_to_user(arg, &m->cfg, sizeof(m->cfg)) ? -EFAULT : 0;
}

static long get_gfns(struct gnb_session *m, void __user *arg)
{
	struct gnb_guest_gfns g;
	u32 pages;

	if (copy_from_user(&g, arg, sizeof(g)))
		return -EFAULT;
	if (g.region > GNB_GUEST_OWN || g.reserved)
		return -EINVAL;
	pages = g.region == GNB_GUEST_RAM ? m->cfg.pages : m->cfg.own_pages;
	if (g.first > pages || g.count > pages - g.first)
		return -EINVAL;
	for (u32 i = 0; i < g.count; i++) {
		u64 gfn = xen_page_to_gfn(m->page[g.region][g.first + i]);

		if (copy_to_user(u64_to_user_ptr(g.gfns) + i * sizeof(gfn), &gfn, sizeof(gfn)))
			return -EFAULT;
	}
	return 0;
}

static long grant(struct gnb_session *m, void __user *arg)
{
	struct gnb_guest_grant g;
	long rc = 0;

	if (copy_from_user(&g, arg, sizeof(g)))
		return -EFAULT;
	if (g.ref >= m->cfg.refs || g.page >= m->cfg.pages || g.domid >= DOMID_FIRST_RESERVED ||
	    g.flags & ~GNB_GUEST_READONLY || g.reserved)
		return -EINVAL;
	mutex_lock(&m->lock);
	/* Writing over an entry that is mapped would lose Xen's marks in it. */
	if (__test_and_set_bit(g.ref, m->granted))
		rc = -EBUSY;
	else
		gnttab_grant_foreign_access_ref(m->cfg.first_ref + g.ref, g.domid,
						xen_page_to_gfn(m->page[GNB_GUEST_RAM][g.page]),
						g.flags);
	mutex_unlock(&m->lock);
	return rc;
}

static long end(struct gnb_session *m, void __user *arg)
{
	struct gnb_guest_end e;
	long rc = 0;

	if (copy_from_user(&e, arg, sizeof(e)))
		return -EFAULT;
	if (e.ref >= m->cfg.refs || e.reserved)
		return -EINVAL;
	mutex_lock(&m->lock);
	if (gnttab_end_foreign_access_ref(m->cfg.first_ref + e.ref))
		__clear_bit(e.ref, m->granted);
	else
		rc = -EBUSY;
	mutex_unlock(&m->lock);
	return rc;
}

static long submit(struct gnb_session *m, void __user *arg)
{
	struct gnb_guest_submit s;
	long rc;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	rc = gnb_session_submit(m, &s);
	if (rc)
		return rc;
	return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
}

static long access_slot(struct gnb_session *m, void __user *arg)
{
	struct gnb_guest_access a;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;
	return gnb_session_access(m, &a);
}

static long mark(void __user *arg)
{
	struct gnb_guest_mark k;

	if (copy_from_user(&k, arg, sizeof(k)))
		return -EFAULT;
	if (!k.name[0] || k.name[sizeof(k.name) - 1])
		return -EINVAL;
	/* Printable, without spaces, and nothing behind its end. */
	for (u32 i = 1; i < sizeof(k.name); i++)
		if (k.name[i] && !k.name[i - 1])
			return -EINVAL;
	for (u32 i = 0; k.name[i]; i++)
		if (k.name[i] <= 0x20 || k.name[i] >= 0x7f)
			return -EINVAL;
	gnb_mark_name(k.name);
	return 0;
}

static long get_state(struct gnb_session *m, void __user *arg)
{
	struct gnb_guest_state s = { .mapped = gnb_session_mapped(m) };

	mutex_lock(&m->lock);
	s.granted = bitmap_weight(m->granted, m->cfg.refs);
	mutex_unlock(&m->lock);
	return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
}

static long gnb_ioctl(struct file *file, unsigned int request, unsigned long param)
{
	struct gnb_session *m = file->private_data;
	void __user *arg = (void __user *)param;

	/* Again: the file may have been handed to somebody else. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (request == GNB_GUEST_GET_INFO)
		return get_info(arg);
	if (request == GNB_GUEST_MARK)
		return mark(arg);
	if (request == GNB_GUEST_SETUP)
		return setup(m, arg);
	if (_IOC_TYPE(request) != 'G')
		return -ENOTTY;
	if (!smp_load_acquire(&m->ready))
		return -ENODATA;
	switch (request) {
	case GNB_GUEST_GET_GFNS:
		return get_gfns(m, arg);
	case GNB_GUEST_GRANT:
		return grant(m, arg);
	case GNB_GUEST_END:
		return end(m, arg);
	case GNB_GUEST_SUBMIT:
		return submit(m, arg);
	case GNB_GUEST_ACCESS:
		return access_slot(m, arg);
	case GNB_GUEST_GET_STATE:
		return get_state(m, arg);
	default:
		return -ENOTTY;
	}
}

static int gnb_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct gnb_session *m = file->private_data;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return smp_load_acquire(&m->ready) ? gnb_session_mmap(m, vma) : -ENODATA;
}

static const struct file_operations gnb_fops = {
	.owner = THIS_MODULE,
	.open = gnb_open,
	.release = gnb_release,
	.unlocked_ioctl = gnb_ioctl,
	.mmap = gnb_mmap,
};

static struct miscdevice gnb_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "gnb_guest",
	.fops = &gnb_fops,
	.mode = 0600,
};

static int __init gnb_guest_init(void)
{
	int rc;

	if (!xen_domain())
		return -ENODEV;
	rc = gnb_mark_init();
	if (rc)
		return rc;
	rc = misc_register(&gnb_device);
	if (rc)
		gnb_mark_exit();
	return rc;
}

static void __exit gnb_guest_exit(void)
{
	misc_deregister(&gnb_device);
	gnb_mark_exit();
}

module_init(gnb_guest_init);
module_exit(gnb_guest_exit);
MODULE_DESCRIPTION("grant table operations for benchmarks");
MODULE_LICENSE("GPL");

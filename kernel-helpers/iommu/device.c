// SPDX-License-Identifier: GPL-2.0-only
/* gnb_iommu: the driver of one PCI device, and its character device. Copies requests in, once, and checks rights. */
#include <linux/capability.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <asm/tsc.h>

#include "session.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#error "gnb_iommu needs the headers of Linux 6.11 or newer"
#endif

/* The device, while it is bound. Who does something with it has the lock, so it does not go meanwhile. */
static struct pci_dev *bound;
static DEFINE_MUTEX(lock);
static atomic_t files = ATOMIC_INIT(0);

static int gnb_open(struct inode *inode, struct file *file)
{
	struct gnb_session *s;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	s = kvzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return -ENOMEM;
	s->block = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_COMP | __GFP_NOWARN,
			       get_order(GNB_IOMMU_BLOCK));
	if (!s->block) {
		kvfree(s);
		return -ENOMEM;
	}
	atomic_inc(&files);
	file->private_data = s;
	return nonseekable_open(inode, file);
}

static int gnb_release(struct inode *inode, struct file *file)
{
	struct gnb_session *s = file->private_data;

	__free_pages(s->block, get_order(GNB_IOMMU_BLOCK));
	kvfree(s);
	atomic_dec(&files);
	return 0;
}

static void tell_device(struct gnb_iommu_info *i)
{
	struct iommu_domain *d = iommu_get_domain_for_dev(&bound->dev);

	strscpy(i->device, pci_name(bound), sizeof(i->device));
	if (device_iommu_mapped(&bound->dev))
		i->flags |= GNB_IOMMU_BEHIND;
	if (d && d->type == IOMMU_DOMAIN_IDENTITY)
		i->flags |= GNB_IOMMU_IDENTITY;
}

static long get_info(void __user *arg)
{
	struct gnb_iommu_info i = { .abi = GNB_IOMMU_ABI,
				    .tsc_khz = tsc_khz,
				    .files = atomic_read(&files),
				    .mapped = atomic64_read(&gnb_mapped),
				    .flags = gnb_marked() ? GNB_IOMMU_MARKED : 0 };
	int rc = -ENODEV;

	mutex_lock(&lock);
	if (bound) {
		tell_device(&i);
		rc = 0;
	}
	mutex_unlock(&lock);
	if (rc)
		return rc;
	return copy_to_user(arg, &i, sizeof(i)) ? -EFAULT : 0;
}

static int put_ticks(const struct gnb_session *s, const struct gnb_iommu_row *r)
{
	size_t bytes = r->n * sizeof(u64);

	if (r->flags & GNB_IOMMU_CHECK)
		return 0;
	return copy_to_user(u64_to_user_ptr(r->map), s->ticks[0], bytes) ||
			       copy_to_user(u64_to_user_ptr(r->unmap), s->ticks[1], bytes)
		       ? -EFAULT
		       : 0;
}

static long row(struct gnb_session *s, void __user *arg)
{
	struct gnb_iommu_row r;
	int rc;

	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	rc = gnb_row_check(&r);
	if (rc)
		return rc;
	r.unmapped = r.reached = r.left = 0;
	if (mutex_lock_interruptible(&lock))
		return -EINTR;
	rc = bound ? gnb_row_do(s, &bound->dev, &r) : -ENODEV;
	if (!rc)
		rc = put_ticks(s, &r);
	mutex_unlock(&lock);
	if (rc)
		return rc;
	return copy_to_user(arg, &r, sizeof(r)) ? -EFAULT : 0;
}

static long tell(void __user *arg)
{
	struct gnb_iommu_told t;

	if (copy_from_user(&t, arg, sizeof(t)))
		return -EFAULT;
	if (t.reserved || t.name[sizeof(t.name) - 1])
		return -EINVAL;
	/* Printable, without spaces, and nothing behind its end. */
	for (u32 i = 1; i < sizeof(t.name); i++)
		if (t.name[i] && !t.name[i - 1])
			return -EINVAL;
	for (u32 i = 0; t.name[i]; i++)
		if (t.name[i] <= 0x20 || t.name[i] >= 0x7f)
			return -EINVAL;
	if (!t.mark == !t.name[0])
		return -EINVAL;
	switch (t.mark) {
	case 0:
		gnb_mark_name(t.name);
		return 0;
	case GNB_IOMMU_MARK_MAP:
	case GNB_IOMMU_MARK_UNMAP:
	case GNB_IOMMU_MARK_END:
		gnb_mark(t.mark);
		return 0;
	default:
		return -EINVAL;
	}
}

static long gnb_ioctl(struct file *file, unsigned int request, unsigned long param)
{
	void __user *arg = (void __user *)param;

	/* Again: the file may have been handed to somebody else. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	switch (request) {
	case GNB_IOMMU_GET_INFO:
		return get_info(arg);
	case GNB_IOMMU_ROW:
		return row(file->private_data, arg);
	case GNB_IOMMU_TELL:
		return tell(arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations gnb_fops = {
	.owner = THIS_MODULE,
	.open = gnb_open,
	.release = gnb_release,
	.unlocked_ioctl = gnb_ioctl,
};

static struct miscdevice gnb_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "gnb_iommu",
	.fops = &gnb_fops,
	.mode = 0600,
};

static int gnb_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	int rc = dma_set_mask_and_coherent(&dev->dev, DMA_BIT_MASK(64));

	if (rc)
		return rc;
	mutex_lock(&lock);
	if (bound)
		rc = -EBUSY;
	else
		bound = dev;
	mutex_unlock(&lock);
	return rc;
}

static void gnb_remove(struct pci_dev *dev)
{
	mutex_lock(&lock);
	bound = NULL;
	mutex_unlock(&lock);
}

/* Without a list of devices it is the driver of those only that are given to it by driver_override. */
static struct pci_driver gnb_driver = {
	.name = "gnb_iommu",
	.probe = gnb_probe,
	.remove = gnb_remove,
};

static int __init gnb_iommu_init(void)
{
	int rc = gnb_mark_init();

	if (rc)
		return rc;
	rc = misc_register(&gnb_device);
	if (rc)
		goto no_device;
	rc = pci_register_driver(&gnb_driver);
	if (!rc)
		return 0;
	misc_deregister(&gnb_device);
no_device:
	gnb_mark_exit();
	return rc;
}

static void __exit gnb_iommu_exit(void)
{
	pci_unregister_driver(&gnb_driver);
	misc_deregister(&gnb_device);
	gnb_mark_exit();
}

module_init(gnb_iommu_init);
module_exit(gnb_iommu_exit);
MODULE_DESCRIPTION("mappings for a device's DMA, for benchmarks");
MODULE_LICENSE("GPL");

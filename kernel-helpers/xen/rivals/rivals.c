/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gnttab-rival=args,batch,range,super,revoke: what version 1 of the grant
 * tables could have without a version 3. Off by default.
 *
 * The rivals are changes of common/grant_table.c that would move what the
 * compiler makes of version 1. So that its instructions stay what they are,
 * that file is compiled a second time, with the rivals in it (table.c), and
 * where one is asked for, the first copy's functions become jumps to the
 * second's before any domain is made.
 */
#include <xen/domain_page.h>
#include <xen/gnttab_v3.h>
#include <xen/grant_table.h>
#include <xen/hypercall.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/param.h>
#include <xen/string.h>
#include <asm/endbr.h>
#include <asm/processor.h>

#include "names.h"
#include "rivals.h"

unsigned int __ro_after_init gnttab_rivals;

#define X(name) extern const char rivals_ ## name[];
GRANT_RIVALS_ENTRIES(X)
#undef X

static const struct {
    const char *name;
    unsigned int bit;
} rivals[] __initconstrel = {
#define X(name) { #name, GNTTAB_RIVAL_ ## name },
    X(args) X(batch) X(range) X(super) X(revoke)
#undef X
};

static int __init cf_check parse_gnttab_rival(const char *s)
{
    const char *ss;
    unsigned int i;
    int rc = 0;

    do {
        ss = strchr(s, ',') ?: strchr(s, '\0');

        for ( i = 0; i < ARRAY_SIZE(rivals); i++ )
            if ( !cmdline_strcmp(s, rivals[i].name) )
                break;
        if ( i < ARRAY_SIZE(rivals) )
            gnttab_rivals |= rivals[i].bit;
        else
            rc = -EINVAL;

        s = ss + 1;
    } while ( *ss );

    return rc;
}
custom_param("gnttab-rival", parse_gnttab_rival);

/* What is called at from goes to to instead. Nothing runs there meanwhile. */
static void __init divert(const void *from, const void *to)
{
    unsigned int skip = is_endbr64(from) ? ENDBR64_LEN : 0;
    const uint8_t *at = from + skip;
    int32_t distance = (const uint8_t *)to - (at + 5);
    uint8_t *text = map_domain_page(_mfn(virt_to_mfn(at)));
    unsigned int offset = (unsigned long)at & ~PAGE_MASK;

    /* Functions are aligned to 16 bytes: it does not cross a page. */
    BUG_ON(offset + 5 > PAGE_SIZE);
    text[offset] = 0xe9;
    memcpy(text + offset + 1, &distance, sizeof(distance));
    unmap_domain_page(text);
}

static int __init cf_check gnttab_rivals_init(void)
{
    unsigned int i;

    if ( !gnttab_rivals )
        return 0;

    if ( !gnttab_v3_enabled() )
        panic("gnttab-rival: needs gnttab=v3, whose mappings it is made of\n");

    /* A revoke finds neither superpages nor what blocks hold back. */
    if ( gnttab_rival(revoke) && (gnttab_rival(args) || gnttab_rival(super)) )
        panic("gnttab-rival: revoke goes neither with args nor with super\n");

#define X(name) divert(name, rivals_ ## name);
    GRANT_RIVALS_ENTRIES(X)
#undef X
    /* Before what was fetched or decoded of the old text is used. */
    cpuid_eax(0);

    printk("Grant tables: version 1 with");
    for ( i = 0; i < ARRAY_SIZE(rivals); i++ )
        if ( gnttab_rivals & rivals[i].bit )
            printk(" %s", rivals[i].name);
    printk("\n");

    return 0;
}
presmp_initcall(gnttab_rivals_init);

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */

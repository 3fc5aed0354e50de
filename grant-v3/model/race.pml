/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Map, unmap and revoke of one page of a tree, by two vCPUs of its mapper and three of its granter, exhaustively.
 * What the core does is the default; each macro below takes one thing away, and must be found
 * (tests/v3/model_test.sh).
 *
 *   NO_BARRIER         the granter clears its entry and has another vCPU revoke, without a barrier between
 *   WALK_FIRST         map walks the tree before it takes the lock
 *   LEAF_CACHED        map believes what an earlier walk found
 *   MAP_LATE           map hangs up its record after it dropped the lock
 *   UNMAP_NO_FLUSH     unmap drops its reference without a flush
 *   UNMAP_PUT_FIRST    unmap drops its reference before the flush
 *   REVOKE_NO_FLUSH    revoke does not flush
 *   REVOKE_PUT_FIRST   revoke drops references before the flush
 *   DYING_IGNORED      revoke does not flush for a mapping that another vCPU is unmapping
 *   DYING_TAKEN        revoke drops the reference of such a mapping, too
 *   GONE_PUT           unmap drops a reference that revoke has dropped
 *   BLOCK_UNSEEN       (of BLOCK, where the granter blocks and does not clear) map does not look at blocks
 *   STATUS_LATE        (of STATUS, where the granter asks the status page and does not revoke) the byte is set after the
 *                      walk
 *   STATUS_NO_BARRIER  between byte and walk there is no barrier
 *   STATUS_EARLY       unmap clears the byte before the flush
 *   STATUS_UNASKED     the granter reads the byte without a barrier after it cleared the entry
 *
 * Memory: a store of the granter's, and one to its status page, reaches the others at any time until a barrier, also
 * after later ones, which is weaker than x86. TLBs keep what they have until they are flushed. The hypervisor's lock orders what it covers.
 */
#define CPUS 2 /* of the mapper; each has a slot of its own to map at, and uses both */

mtype = { FREE, LIVE, DYING, GONE };

bool entry = true;	/* memory: the leaf grants the page */
bool clearing;		/* a store of 0 is on its way there */
bool cleared;		/* what the granter tells its other vCPU */
bool blocked;
bool lock;
mtype rec[CPUS] = FREE;
bool p2m[CPUS];
bool tlb0[CPUS], tlb1[CPUS]; /* by slot: vCPU 0's and 1's */
byte refs = 1;		/* of the page: the granter's own */
bool status;		/* memory: the byte says that the page is mapped */
bool marking;		/* a store of 1 is on its way there */
bool promised;		/* revoke has returned, or the byte was 0 */
bool elsewhere;		/* the page was freed, and is another domain's */

#define LOCK   atomic { !lock -> lock = true }
/* What was stored before is seen before. */
#define UNLOCK atomic { !marking -> lock = false }
#define IN_USE (rec[0] == LIVE || rec[0] == DYING || rec[1] == LIVE || rec[1] == DYING)
#define PUT \
	atomic { \
		assert(refs > 0); \
		refs--; \
		if \
		:: refs == 0 -> elsewhere = true \
		:: else \
		fi \
	}
/* An interrupt to each vCPU: one after the other. */
#define FLUSH(s) \
	tlb0[s] = false; \
	tlb1[s] = false

/* The store buffer of the granter's first vCPU. */
active proctype memory()
{
end:
	do
	:: atomic { clearing -> clearing = false; entry = false }
	:: atomic { marking -> marking = false; status = true }
	od
}

inline use(s)
{
	/* The hardware's walk is over before the vCPU takes an interrupt. */
	atomic {
		if
		:: p2m[s] ->
			if
			:: _pid == cpu0 -> tlb0[s] = true
			:: else -> tlb1[s] = true
			fi
		:: true
		fi
	}
	/* And an access is by what the TLB holds, however old. */
	atomic {
		if
		:: (_pid == cpu0 && tlb0[s]) || (_pid != cpu0 && tlb1[s]) ->
			assert(!promised);
			assert(!elsewhere)
		:: else
		fi
	}
}

inline map(s)
{
#ifdef WALK_FIRST
	found = entry;
#endif
	LOCK;
	if
	:: rec[s] == FREE ->
#if defined(STATUS) && !defined(STATUS_LATE)
		marking = !IN_USE;
#ifndef STATUS_NO_BARRIER
		!marking;
#endif
#endif
#ifdef LEAF_CACHED
		found = entry || cached;
		cached = found;
#elif !defined(WALK_FIRST)
		found = entry;
#endif
#if defined(BLOCK) && !defined(BLOCK_UNSEEN)
		found = found && !blocked;
#endif
		/* get_page(): not of a page that nobody holds any more. */
		atomic {
			found = found && refs > 0;
			refs = refs + found
		}
		if
		:: found ->
			p2m[s] = true;
#ifdef MAP_LATE
			UNLOCK;
			LOCK;
#endif
			rec[s] = LIVE
		:: else
		fi;
#ifdef STATUS
#ifdef STATUS_LATE
		marking = found;
#endif
		/* The vCPU's own stores stay in order. */
		!marking;
		status = IN_USE
#endif
	:: else
	fi;
	UNLOCK
}

inline unmap(s)
{
	LOCK;
	if
	:: rec[s] == LIVE ->
		p2m[s] = false;
		rec[s] = DYING;
		UNLOCK;
#ifdef UNMAP_PUT_FIRST
		PUT;
#endif
#ifdef STATUS_EARLY
		status = rec[1 - s] == LIVE || rec[1 - s] == DYING;
#endif
#ifndef UNMAP_NO_FLUSH
		FLUSH(s);
#endif
		LOCK;
#ifndef UNMAP_PUT_FIRST
		PUT;
#endif
		rec[s] = FREE;
		status = IN_USE
	:: rec[s] == GONE ->
#ifdef GONE_PUT
		PUT;
#endif
		rec[s] = FREE
	:: else
	fi;
	UNLOCK
}

byte cpu0;

proctype mapper(byte own)
{
	bool found, cached;
	byte n;

	do
	:: n < 3 -> n++; map(own)
	:: n < 3 -> n++; unmap(own)
	:: n < 3 -> n++; use(0)
	:: n < 3 -> n++; use(1)
	:: break
	od
}

inline take(s)
{
	if
	:: rec[s] == LIVE ->
		p2m[s] = false;
		taken[s] = true;
#ifdef REVOKE_PUT_FIRST
		PUT
#endif
	:: rec[s] == DYING ->
#ifndef DYING_IGNORED
		dying[s] = true
#endif
#ifdef DYING_TAKEN
		;
		PUT
#endif
	:: else
	fi
}

inline settle(s)
{
	if
	:: taken[s] ->
#ifndef REVOKE_PUT_FIRST
		PUT;
#endif
		rec[s] = GONE
	:: else
	fi
}

inline flush_taken(s)
{
	if
	:: taken[s] || dying[s] ->
#ifndef REVOKE_NO_FLUSH
		FLUSH(s)
#endif
	:: else
	fi
}

/* The vCPU that clears. */
proctype clearer()
{
#ifndef BLOCK
	clearing = true;
#if !defined(NO_BARRIER) && !defined(STATUS_UNASKED)
	!clearing;
#endif
#endif
	cleared = true
}

/* The vCPU that revokes. */
proctype revoker()
{
	bool taken[CPUS], dying[CPUS];

	cleared;
#ifdef STATUS
	promised = !status;
	goto done;
#endif
	LOCK;
#ifdef BLOCK
	blocked = true;
#endif
	take(0);
	take(1);
	flush_taken(0);
	flush_taken(1);
	settle(0);
	settle(1);
	UNLOCK;
	promised = true;
done:
	skip
}

/* The granter gives the page away, at any time: references are to hold it. */
proctype giver()
{
	PUT
}

init
{
	atomic {
		run mapper(0);
		cpu0 = 2;
		run mapper(1);
		run clearer();
		run revoker();
		run giver()
	}
}

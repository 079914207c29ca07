/*
 * extent.pml - extents: results that ride along from version to version, and who gives them back.
 *
 * PROBLEM
 *	A version refers to an extent by index and version; many versions, one after the other and made by
 *	different members, refer to the same one. The extent must live as long as the slot's current version
 *	refers to it, must be FREE soon after, whoever dies when, and a reader must not take its next content
 *	for the old one.
 *
 * WHAT IS MODELLED (one slot, detached record; two members of one thread each; a reaper; a reader)
 *	update	take a block, for new results also an extent, both FREE(v) -> PRIVATE(p, v); W1 for both; extent content;
 *		load word; copy rev and reference; version check; W2; help old block and dropped extent; W3;
 *		give back: block and dropped extent OWNED(p) or SHARED -> FREE. A message keeps the reference
 *	read	word (R1) rev, reference, extent's content (R2) both versions
 *	sweep	PRIVATE(p) -> FREE; OWNED(p) and SHARED by a look at the home: for an extent, load word, load the reference in
 *		that block, check that block's version, else look again
 *	kill	at any step, index reuse after the sweep
 *
 * WHAT IS LEFT OUT, AND WHY THAT IS SOUND
 *	- A chain has one extent. A tail names the head by index and version and has no fate of its own.
 *	- The queue: a block that retires is FREE at once, which is the worst case for whoever still copies it.
 *	- update.pml has blocks in full; memory is sequentially consistent here: weak.pml.
 *
 * INVARIANTS	I1 for extents (at rest FREE, or OWNED or SHARED and referenced), I2 for the extent that the current
 *		version refers to, in every state; I5 for results: what a reader accepts is what was current
 *		when it loaded the word
 *
 * PAIRS	W1, W2, W3, R1, R2, help and sweep as in update.pml, each for the extent too
 *
 * MUTANTS
 *	MUT_NO_HELP		a dropped extent of another member is not marked SHARED before W3
 *	MUT_HELP_BLIND		... is marked without comparing the version
 *	MUT_DROP_EARLY		a dropped extent is given back before W3
 *	MUT_DROP_BLIND		... or after W3 whatever its version is, by a store
 *	MUT_NO_EXTENT_CHECK	a reader looks at the block's version only
 *	MUT_NO_BUMP		an extent's version is not raised
 *	MUT_LOOK_TORN		the sweep's look does not check the version of the block it read
 *	MUT_LOOK_ONCE		... or takes a failed check for "not referenced"
 *	MUT_SWEEP_FREES_OWNED	the sweep frees an OWNED(p) extent without a look
 *	MUT_SWEEP_NO_SHARED	the sweep does not look at SHARED extents
 */

#ifndef U0
#define U0 1
#endif
#ifndef U1
#define U1 1
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifndef READS
#define READS 0
#endif
#ifndef NB
#define NB 3
#endif
#ifndef NE
#define NE	2		/* extents */
#endif
#define NX	(NB + NE)	/* blocks are 0 .. NB - 1, extents NB .. NX - 1: the states are of one kind */
#define NONE	15

#define FREE	0
#define PRIVATE	1
#define OWNED	2
#define SHARED	3

typedef block {
	byte kind; byte member; byte version;
	byte c0;		/* a block's rev; an extent's content */
	byte e; byte ev;	/* the reference; NONE: none */
};
block B[NX];
byte wb, wv;			/* the word; the status is always RUNNING */
byte rev, result;		/* ghost: of the current version; result: the rev that brought the results */

#define ALIVE	0
#define DEAD	1
#define SWEPT	2
byte life[2];
byte gen[2];
bool idle[2];
byte kills = KILLS;
bool over;

#define IS(x, k, m, v)	(B[x].kind == k && B[x].member == m && B[x].version == v)
#define SET(x, k, m)	B[x].kind = k; B[x].member = m
#define I2_BLOCK	(B[wb].version == wv && B[wb].kind >= OWNED)
#define I2_EXTENT	(B[wb].e == NONE || B[B[wb].e].version == B[wb].ev && B[B[wb].e].kind >= OWNED)

proctype monitor()
{
	atomic { !(I2_BLOCK && I2_EXTENT) -> assert(false) }	/* I2 */
}

inline give_back(x, v)
{
	if
	:: d_step { IS(x, OWNED, p, v) -> SET(x, FREE, 0) }
	:: else ->
		if
		:: d_step { IS(x, SHARED, 0, v) -> SET(x, FREE, 0) }
		:: else			/* a sweep had it */
		fi
	fi
}

inline help(x, v)
{
	if
	:: d_step { B[x].kind == OWNED && B[x].member != p && B[x].version == v -> SET(x, SHARED, 0) }
	:: else
	fi
}

proctype writer(byte p; byte updates)
{
	byte left, mygen, n, v, e, ev, ob, ov, oe, oev, c, g;

born:	atomic { !over && (life[p] == ALIVE || life[p] == SWEPT) ->
		life[p] = ALIVE; mygen = gen[p]; left = updates; e = NONE; idle[p] = false }
	{
	do
	:: left == 0 -> break
	:: d_step { left > 0 -> left--; e = NONE }
		if
		:: d_step { B[0].kind == FREE -> n = 0; SET(0, PRIVATE, p) }
		:: d_step { B[1].kind == FREE -> n = 1; SET(1, PRIVATE, p) }
		:: d_step { B[2].kind == FREE -> n = 2; SET(2, PRIVATE, p) }
		:: else -> goto next
		fi;
		if
		:: true						/* a message */
		:: d_step { B[NB].kind == FREE -> e = NB; SET(NB, PRIVATE, p) }		/* results */
		:: d_step { B[NB + 1].kind == FREE -> e = NB + 1; SET(NB + 1, PRIVATE, p) }
#if NE > 2
		:: d_step { B[NB + 2].kind == FREE -> e = NB + 2; SET(NB + 2, PRIVATE, p) }
#endif
		fi;
		d_step { B[n].version++; v = B[n].version; SET(n, OWNED, p) };	/* W1 */
		if
		:: e != NONE ->
			d_step {
#ifndef MUT_NO_BUMP
				B[e].version++;
#endif
				ev = B[e].version; SET(e, OWNED, p) }	/* W1 */
		:: else
		fi;
retry:		atomic { ob = wb; ov = wv; g = rev }
		c = B[ob].c0;
		atomic { oe = B[ob].e; oev = B[ob].ev };
		if
		:: atomic { B[ob].version != ov -> c = 0; oe = 0; oev = 0; ob = 0; ov = 0; g = 0 } goto retry
		:: else
		fi;
		d_step { assert(c == g); assert(IS(n, OWNED, p, v));
			B[n].c0 = c + 1; c = 0; g = 0 };	/* W2 */
		if
		:: e != NONE -> d_step { assert(IS(e, OWNED, p, ev)); B[e].c0 = B[n].c0; B[n].e = e; B[n].ev = ev }
		:: else -> d_step { B[n].e = oe; B[n].ev = oev }
		fi;
		help(ob, ov);
		if
		:: e != NONE && oe != NONE ->
#if defined(MUT_HELP_BLIND)
			if
			:: d_step { B[oe].kind == OWNED && B[oe].member != p -> SET(oe, SHARED, 0) }
			:: else
			fi
#elif defined(MUT_DROP_EARLY)
			help(oe, oev);
			give_back(oe, oev)
#elif !defined(MUT_NO_HELP)
			help(oe, oev)
#else
			skip
#endif
		:: else
		fi;
		if						/* W3 */
		:: d_step { wb == ob && wv == ov ->
			assert(B[n].c0 == rev + 1);
			wb = n; wv = v; rev++; n = 0; v = 0; ev = 0;
			if :: e != NONE -> result = rev :: else fi }
		:: d_step { !(wb == ob && wv == ov) -> oe = 0; oev = 0; ob = 0; ov = 0 } goto retry
		fi;
		give_back(ob, ov);
		if
		:: e != NONE && oe != NONE ->
#ifdef MUT_DROP_BLIND
			d_step { SET(oe, FREE, 0) }
#else
			give_back(oe, oev)
#endif
		:: else
		fi;
next:		atomic { n = 0; v = 0; e = NONE; ev = 0; ob = 0; ov = 0; oe = 0; oev = 0; c = 0; g = 0 }
	od;
	idle[p] = true;
	false
	} unless { atomic { gen[p] != mygen -> left = 0; mygen = 0; n = 0; v = 0; e = NONE; ev = 0; ob = 0; ov = 0;
		oe = 0; oev = 0; c = 0; g = 0; idle[p] = true } }
	goto born
}

/* is x, at version xv, what the slot's current version is or refers to? */
inline look()
{
	atomic { b = wb; v = wv };
	if
	:: x < NB -> refers = (b == x && v == xv)
	:: else ->
		refers = (B[b].e == x && B[b].ev == xv);
#ifndef MUT_LOOK_TORN
		if
#ifdef MUT_LOOK_ONCE
		:: B[b].version != v -> refers = false
#else
		:: B[b].version != v -> goto again
#endif
		:: else
		fi
#endif
	fi;
#ifdef MUT_SWEEP_FREES_OWNED
	if
	:: x >= NB && B[x].kind == OWNED -> refers = false
	:: else
	fi
#endif
}

proctype reaper()
{
	byte p, x, xv, k, b, v;
	bool refers;

	do
	:: atomic {
		if
		:: !over && life[0] == DEAD -> p = 0
		:: !over && life[1] == DEAD -> p = 1
		fi }
		do
		:: x == NX -> break
		:: else ->
			if
			:: d_step { B[x].kind == PRIVATE && B[x].member == p -> SET(x, FREE, 0) } goto swept
			:: d_step { B[x].kind == OWNED && B[x].member == p -> k = OWNED; xv = B[x].version }
			:: d_step { B[x].kind == SHARED -> k = SHARED; xv = B[x].version }
			:: else -> goto swept
			fi;
#ifdef MUT_SWEEP_NO_SHARED
			if :: k == SHARED && x >= NB -> goto swept :: else fi;
#endif
			look();
			if
			:: d_step { k == OWNED && IS(x, OWNED, p, xv) -> SET(x, (refers -> SHARED : FREE), 0) }
			:: d_step { k == SHARED && !refers && IS(x, SHARED, 0, xv) -> SET(x, FREE, 0) }
			:: else -> if :: k == OWNED -> goto again :: else fi
			fi;
swept:			x++;
again:			atomic { k = 0; xv = 0; b = 0; v = 0; refers = false }
		od;
		atomic { life[p] = SWEPT; p = 0; x = 0 }
	od
}

#if READS
proctype reader()
{
	byte k, b, v, e, ev, c, x, g, r;

	do
	:: k == READS -> break
	:: else ->
		atomic { b = wb; v = wv; g = rev; r = result };			/* R1 */
		c = B[b].c0;
		atomic { e = B[b].e; ev = B[b].ev };
		if
		:: e != NONE -> x = B[e].c0
		:: else
		fi;								/* R2 */
		if
		:: e != NONE ->
#ifndef MUT_NO_EXTENT_CHECK
			if
			:: B[e].version != ev -> goto again
			:: else
			fi
#else
			skip
#endif
		:: else
		fi;
		if
		:: B[b].version != v -> goto again
		:: else
		fi;
		assert(c == g && (e == NONE && r == 0 || x == r));		/* I5 */
		k++;
again:		atomic { b = 0; v = 0; e = 0; ev = 0; c = 0; x = 0; g = 0; r = 0 }
	od
}
#endif

#if KILLS
proctype killer()
{
	do
	:: d_step { kills > 0 && !over && life[0] == ALIVE -> kills--; gen[0]++; idle[0] = false; life[0] = DEAD }
	:: d_step { kills > 0 && !over && life[1] == ALIVE -> kills--; gen[1]++; idle[1] = false; life[1] = DEAD }
	od
}
#endif

proctype audit()
{
	byte x;

	d_step {
		!over && idle[0] && idle[1] && life[0] != DEAD && life[1] != DEAD ->
		over = true;
		for (x : 0 .. NX - 1) {
			assert(B[x].kind == FREE || B[x].kind >= OWNED && (
				x == wb && B[x].version == wv || x == B[wb].e && B[x].version == B[wb].ev))
		}
#ifdef MUT_AUDIT_REACHED
		assert(false)
#endif
	}
}

init {
	atomic {
		B[0].kind = OWNED; B[0].version = 1; B[0].c0 = 1; B[0].e = NB; B[0].ev = 1;
		B[NB].kind = OWNED; B[NB].version = 1; B[NB].c0 = 1;
		B[1].e = NONE; B[2].e = NONE;
		wv = 1; rev = 1; result = 1;
		run monitor();
		run audit();
		run writer(0, U0);
		run writer(1, U1);
#if KILLS
		run reaper();
		run killer();
#endif
#if READS
		run reader();
#endif
	}
}

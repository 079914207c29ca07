/*
 * update.pml - update, validated read, sweep, kill at any step, index reuse.
 *
 * PROBLEM
 *	Processes replace a slot's block by copy, change and one compare-and-swap. Any of them may be
 *	killed between any two of its steps, and its member index is given to the next process that
 *	attaches. No block may be lost or used twice, no version may be torn, and nobody registers as
 *	a reader. Is the fate of every block really decidable from the arena alone?
 *
 * WHAT IS MODELLED
 *	word	(status, cancelled, block, version) of each slot; every compare-and-swap compares the whole of it
 *	state	FREE(v)  PRIVATE(p, v)  OWNED(p, v)  SHARED(v) of each block; compare-and-swap likewise
 *	update	take or pop, W1, load word, copy in two loads, version check, write in two stores (W2),
 *		help, W3, retire in two compare-and-swaps, queue; "already final"; a terminal update
 *	cancel	with CANCEL: an update may be a request to stop. Its swap sets a bit of the word together with a
 *		block that tells the reason; "asked before" changes nothing
 *	memo	with MEMO: a thread remembers what it published last. While the word is that one it copies without
 *		a look at the version, and relies on what it remembers; W3 tells whether that was right
 *	read	load word (R1), copy in two loads, version check (R2), two reads one after the other
 *	sweep	of a dead member: RUNNING records that it owned become LOST; PRIVATE, OWNED, SHARED blocks; by one
 *		or two reapers at the same time, each of which may be stopped and start anew (idempotence)
 *	close	a member sweeps itself while its index is still its own
 *	kill	of a member with all its threads at any step; after the sweep a new process gets its index
 *	Member 0 has T0 threads, member 1 has T1. A thread's queue holds one block.
 *
 * WHAT IS LEFT OUT, AND WHY THAT IS SOUND
 *	- Memory is sequentially consistent here; weak.pml looks at the fences.
 *	- A block's content is two cells, c0 and c1. Tearing needs two cells; more add nothing.
 *	- The load of an old state and the compare-and-swap on exactly what was loaded are one step where the
 *	  compare-and-swap's failure does the same as not trying. Version and member never return to a former
 *	  value, so whatever changed in between makes it fail.
 *	- A thread that needs a block takes any FREE one, or fails if there is none: hints never decide.
 *	- Versions do not wrap here: few updates. slots.pml wraps.
 *	- Extents follow the same states as blocks; extent.pml has them.
 *	- Pins, claim and retirement of slots: slots.pml. Here the slots live for ever.
 *
 * INVARIANTS (numbers of the design)
 *	I1  at rest, every block is FREE, in the queue of a living thread as PRIVATE of its member (or OWNED and
 *	    superseded, with PINS), or referenced by its home; also while the members are alive and idle: an OWNED block of a living member that nobody
 *	    refers to would be lost for as long as that member lives (stricter than "alive or dirty"). After all
 *	    closed: FREE, or SHARED and referenced
 *	I2  word(s) = (b, v) implies version(b) = v, kind(b) SHARED or OWNED, home(b) = s; in every state
 *	I3  versions never go down (they are only ever raised); (b, v) is published at most once
 *	I4  rev = 1 + the number of successful updates
 *	I5  an accepted copy is a published revision, complete; the revs that a reader sees never fall
 *	the word says cancelled exactly if the block that it names contains the reason, in every state; a
 *	request is never withdrawn
 *	also: a function that changes a record never sees torn input; a private block belongs to its holder alone; a
 *	status never falls; a terminal status is set once; LOST only if the owner is dead
 *
 * PAIRS	W1 (version raised, then content)	with R2 (content, then version)
 *		W2, W3 (content and home, then word)	with R1 (word, then content)
 *		help (SHARED, then word)			with the sweep (state, then word, then state again)
 *		P2, with PINS: pin, then word		with W3, then pins, then state, which stays OWNED
 *
 * MUTANTS	each is one -D and must fail; run.sh knows the configuration in which each does.
 *	MUT_NO_HELP		another member's block is superseded while still OWNED by that member
 *	MUT_HELP_LATE		help after W3 instead of before
 *	MUT_HELP_BLIND		help does not compare the version
 *	MUT_NO_PRIVATE		a superseded block goes to the queue as it is: OWNED
 *	MUT_PRIVATE_AS_FREE		... or is FREE while it is in the queue
 *	MUT_RETIRE_OWNED_ONLY	after W3 only OWNED(p) -> PRIVATE(p) is tried
 *	MUT_RETIRE_SHARED_ONLY	after W3 only SHARED -> PRIVATE(p) is tried
 *	MUT_RETIRE_STORE	after W3 a store instead of the two compare-and-swaps
 *	MUT_ALONE_BLIND		... with PINS: no look at the pins
 *	MUT_ALONE_EARLY		... the pins are looked at before W3
 *	MUT_ALONE_STATE_FIRST	... the state is loaded before the pins
 *	MUT_PIN_LATE		a member loads the word before it pins the slot
 *	MUT_NO_VERSION_CHECK	a reader accepts what it copied
 *	MUT_NO_TORN_CHECK	an updater changes what it copied without looking at the version again
 *	MUT_LATE_BUMP		the version is raised after the content was written
 *	MUT_NO_BUMP		the version is not raised at all
 *	MUT_FINAL_PUBLISH	an updater does not look at the status
 *	MUT_FINAL_KEEPS		"already final" forgets to give the new block back
 *	MUT_SWEEP_FREES_OWNED	the sweep frees OWNED(p) without a look at the home
 *	MUT_SWEEP_KEEPS_OWNED	the sweep marks every OWNED(p) SHARED
 *	MUT_SWEEP_NO_SHARED	the sweep does not look at SHARED blocks
 *	MUT_SWEEP_ONCE		the sweep does not look again when its compare-and-swap failed
 *	MUT_SWEEP_STORE		the sweep stores the state instead of compare-and-swap
 *	MUT_SWEEP_ALL_PRIVATE	the sweep frees PRIVATE blocks of every member
 *	MUT_LOST_STORE		the sweep stores LOST instead of compare-and-swap
 *	MUT_LOST_ONCE		the sweep does not try LOST again when the word moved
 *	MUT_REUSE_EARLY		the index is used again before its sweep is complete
 *	MUT_WORD_NO_VERSION	the word has no version: W3 compares status and block index only
 *	MUT_MEMO_BLIND		with MEMO: a thread recognizes the block that it published, whatever the version
 *	MUT_MEMO_KEPT		... believes to have published after it lost the race
 *	MUT_CANCEL_DROPPED	an update builds the word anew, without the request
 *	MUT_CANCEL_APART	the bit is set by a step of its own, after the swap that publishes the reason
 *	MUT_CANCEL_FIRST	... before it
 *	MUT_CANCEL_KEEPS	"asked before" forgets to give the new block back
 *	MUT_CLOSE_NO_WAIT	close sweeps while another thread of the member is inside a call
 */

#ifndef T0
#define T0 1		/* threads of member 0 */
#endif
#ifndef T1
#define T1 1		/* threads of member 1 */
#endif
#ifndef U0
#define U0 1		/* updates by a thread of member 0, each time it lives */
#endif
#ifndef U1
#define U1 1
#endif
#ifndef NB
#define NB 3		/* blocks */
#endif
#ifndef NS
#define NS 1		/* slots */
#endif
#ifndef KILLS
#define KILLS 0		/* how many kills, over all members */
#endif
#ifndef CLOSES
#define CLOSES 0	/* how many closes, over all members */
#endif
#ifndef READS
#define READS 0		/* reads, one after the other */
#endif
#ifndef REAPERS
#define REAPERS 1
#endif
#ifndef STOPS
#define STOPS 0		/* how often a reaper dies in a sweep */
#endif
#ifndef OWNER
#define OWNER 9		/* owner of slot 0: a member, or 9 for a detached record */
#endif
#ifndef PINS
#define PINS 0		/* 1: a member pins the slot for some updates; alone, it leaves what it superseded OWNED */
#endif
#ifndef MEMO
#define MEMO 0		/* 1: a thread remembers what it published last */
#endif
#ifndef CANCEL
#define CANCEL 0	/* 1: an update may be a request to stop */
#endif
#ifndef FINISH
#define FINISH 0	/* 1: an update may be the terminal one */
#endif

#define M	2
#define NT	(T0 + T1)
#define NONE	15

#define FREE	0
#define PRIVATE	1
#define OWNED	2
#define SHARED	3

#define RUNNING	2
#define DONE	3	/* Finished or Error */
#define LOST	4

typedef block {
	byte kind; byte member; byte version;	/* the state: one 64-bit word */
	byte c0; byte c1;			/* content: each cell holds the rev it was written for */
#if NS > 1
	byte home;
#endif
#if CANCEL
	bool reason;				/* content: why it was asked to stop is in it */
#endif
	byte published;				/* ghost: the highest version ever published */
};

typedef slot {
	byte status; byte b; byte v;		/* the word */
#if CANCEL
	bool cancelled;				/* ... a bit of it */
	bool asked;				/* ghost: a request was published */
#endif
	byte rev;				/* ghost: rev of the current version */
};

#if NS > 1
#define HOME(x)		B[x].home
#else
#define HOME(x)		0
#endif

block B[NB];
slot S[NS];

#define ALIVE	0
#define DEAD	1	/* dirty, and nobody holds the write lock */
#define CLOSING	2	/* no call begins any more */
#define SWEPT	3
byte life[M];
byte locks[M];		/* read locks of reapers: while there is one, nobody becomes this member */
byte gen[M];		/* ghost: raised by a kill, so that no thread outlives its process */
#if PINS
bool pin[M];
#endif
byte queue[NT];		/* private to each thread; global for the audit */
bool idle[NT];
byte kills = KILLS;
byte closes = CLOSES;
byte stops = STOPS;
bool sweeping[2];	/* a reaper holds a read lock */
bool stopped[2];	/* ghost: it dies */
bool over;		/* the audit has begun */

#define IS(x, k, m, ver)	(B[x].kind == k && B[x].member == m && B[x].version == ver)
#define SET(x, k, m)		B[x].kind = k; B[x].member = m
#define REFERS(s, x, ver)	(S[s].status >= RUNNING && S[s].b == x && S[s].v == ver)
#define MEMBER_OF(t)		(t >= T0)

#if T0 == 2
#define IDLE0	(idle[0] && idle[1])
#else
#define IDLE0	(idle[0])
#endif
#if T1 == 2
#define IDLE1	(idle[T0] && idle[T0 + 1])
#else
#define IDLE1	(idle[T0])
#endif

/* everything of the member's threads is gone; each of them notices before it does another step */
#if T0 == 2
#define GONE0	gen[0]++; idle[0] = false; idle[1] = false
#else
#define GONE0	gen[0]++; idle[0] = false
#endif
#if T1 == 2
#define GONE1	gen[1]++; idle[T0] = false; idle[T0 + 1] = false
#else
#define GONE1	gen[1]++; idle[T0] = false
#endif

#if CANCEL
#define CANCEL_HOLDS(s)	(S[s].cancelled == B[S[s].b].reason && S[s].cancelled == S[s].asked)
#define SAME_CANCELLED	(S[s].cancelled == was)
#else
#define CANCEL_HOLDS(s)	true
#define SAME_CANCELLED	true
#endif

#define I2_AT(s)	(B[S[s].b].version == S[s].v && B[S[s].b].kind >= OWNED && HOME(S[s].b) == s && CANCEL_HOLDS(s))
#if NS > 1
#define I2	(I2_AT(0) && I2_AT(1))
#else
#define I2	I2_AT(0)
#endif

proctype monitor()
{
	atomic { !(I2) -> assert(false) }	/* I2, in every state */
}

/* W3 compares the whole word */
#ifdef MUT_WORD_NO_VERSION
#define W3_HOLDS	(S[s].status == st && S[s].b == ob)
#else
#define W3_HOLDS	(S[s].status == st && S[s].b == ob && S[s].v == ov && SAME_CANCELLED)
#endif

/* a private block is its holder's alone (a mutant without a kind has only the harm to show) */
#if defined(MUT_NO_PRIVATE)
#define QUEUED(x)	((B[x].kind == PRIVATE || B[x].kind == OWNED) && B[x].member == p)
#elif defined(MUT_PRIVATE_AS_FREE)
#define QUEUED(x)	true
#elif PINS
#define QUEUED(x)	((B[x].kind == PRIVATE || B[x].kind == OWNED && !REFERS(HOME(x), x, B[x].version)) && \
			B[x].member == p)
#else
#define QUEUED(x)	(B[x].kind == PRIVATE && B[x].member == p)
#endif
#if defined(MUT_LATE_BUMP) || defined(MUT_NO_BUMP) || defined(MUT_PRIVATE_AS_FREE)
#define WRITABLE(x)	true
#else
#define WRITABLE(x)	IS(x, OWNED, p, v)
#endif

inline publish(status_)
{
	assert(S[s].status == RUNNING);			/* a status never falls, one terminal status */
	assert(v > B[n].published);			/* I3 */
	assert(B[n].c0 == S[s].rev + 1 && B[n].c1 == S[s].rev + 1);	/* I4, and whole */
	B[n].published = v;
	S[s].status = status_; S[s].b = n; S[s].v = v; S[s].rev = S[s].rev + 1;
#if CANCEL
	S[s].asked = S[s].asked || want;
#ifdef MUT_CANCEL_DROPPED
	S[s].cancelled = want;
#elif !defined(MUT_CANCEL_APART)
	S[s].cancelled = was || want;
#endif
#endif
	n = NONE
}

inline push(x)
{
	assert(queue[me] == NONE);
	queue[me] = x
}

proctype writer(byte me; byte p; byte updates)
{
	byte n, v, left, mygen;
	byte s, st, ob, ov, c0, c1, g;
#if PINS
	bool alone, owned;
#endif
#if MEMO
	byte kb, kv, kr;		/* the block, its version and its rev */
	bool known;
#endif
#if CANCEL
	bool want, was, reason;
#endif

	/* attach: somebody who holds the write lock; a sweep was complete before */
born:	atomic {
#ifdef MUT_REUSE_EARLY
		!over ->
#else
		!over && (life[p] == ALIVE || life[p] == SWEPT && locks[p] == 0) ->
#endif
		life[p] = ALIVE; mygen = gen[p]; left = updates; n = NONE; queue[me] = NONE; idle[me] = false
#if MEMO
		kb = NONE; kv = 0; kr = 0; known = false
#endif
	}
	{
	do
	:: d_step { left == 0 || life[p] != ALIVE -> left = 0 } break
	:: d_step { left > 0 && life[p] == ALIVE -> left-- }
		/* take: pop, or any FREE block */
		if
		:: d_step { queue[me] != NONE -> n = queue[me]; queue[me] = NONE }
		:: d_step { queue[me] == NONE && B[0].kind == FREE -> n = 0; SET(0, PRIVATE, p) }
		:: d_step { queue[me] == NONE && B[1].kind == FREE -> n = 1; SET(1, PRIVATE, p) }
		:: d_step { queue[me] == NONE && B[2].kind == FREE -> n = 2; SET(2, PRIVATE, p) }
#if NB > 3
		:: d_step { queue[me] == NONE && B[3].kind == FREE -> n = 3; SET(3, PRIVATE, p) }
#endif
#if NB > 4
		:: d_step { queue[me] == NONE && B[4].kind == FREE -> n = 4; SET(4, PRIVATE, p) }
#endif
		:: else -> goto next		/* no memory: the record is unchanged */
		fi;
		d_step {
			assert(QUEUED(n));
#if !defined(MUT_LATE_BUMP) && !defined(MUT_NO_BUMP)
			B[n].version++;
#endif
			v = B[n].version;
			SET(n, OWNED, p)				/* W1 */
		}
#if NS > 1
		if :: s = 0 :: s = 1 fi;
#endif
#if CANCEL
		if :: want = false :: want = true fi;
#endif
#if PINS && !defined(MUT_PIN_LATE)
		pin[p] = true;			/* P2: before the word is loaded */
#endif
retry:
#if CANCEL
		atomic { st = S[s].status; ob = S[s].b; ov = S[s].v; g = S[s].rev; was = S[s].cancelled }
#else
		atomic { st = S[s].status; ob = S[s].b; ov = S[s].v; g = S[s].rev }
#endif
#ifdef MUT_PIN_LATE
		pin[p] = true;
#endif
#ifndef MUT_FINAL_PUBLISH
		if
		:: d_step { st != RUNNING ->
			assert(WRITABLE(n));
#ifndef MUT_FINAL_KEEPS
			SET(n, PRIVATE, p); push(n)
#endif
			} goto next
		:: st == RUNNING
		fi;
#endif
#if CANCEL
		if
		:: d_step { want && was ->		/* asked before */
			assert(WRITABLE(n));
#ifndef MUT_CANCEL_KEEPS
			SET(n, PRIVATE, p); push(n)
#endif
			} goto next
		:: else
		fi;
		d_step { c0 = B[ob].c0; reason = B[ob].reason };
#else
		c0 = B[ob].c0;
#endif
		c1 = B[ob].c1;
#if MEMO
#ifdef MUT_MEMO_BLIND
		known = (ob == kb);
#else
		known = (ob == kb && ov == kv);
#endif
		if
		:: known ->
			d_step { assert(WRITABLE(n)); B[n].c0 = c0 + 1 }
			d_step { assert(WRITABLE(n)); B[n].c1 = c1 + 1; c0 = 0; c1 = 0; g = 0 }
			goto help
		:: else
		fi;
#endif
#ifndef MUT_NO_TORN_CHECK
		if
		:: d_step { B[ob].version != ov -> c0 = 0; c1 = 0; st = 0; ob = 0; ov = 0; g = 0 } goto retry
		:: B[ob].version == ov
		fi;
#endif
		d_step { assert(c0 == g && c1 == g); c0 = 0; c1 = 0;	/* never transform torn input */
			assert(WRITABLE(n));
#if NS > 1
			B[n].home = s;
#endif
#if CANCEL
			assert(reason == was);
			B[n].reason = reason || want;
#endif
			B[n].c0 = g + 1 }				/* W2 */
		d_step { assert(WRITABLE(n)); B[n].c1 = g + 1; g = 0 }
#ifdef MUT_LATE_BUMP
		d_step { B[n].version++; v = B[n].version }
#endif
help:
#if !defined(MUT_NO_HELP) && !defined(MUT_HELP_LATE)
		if
#ifdef MUT_HELP_BLIND
		:: d_step { B[ob].kind == OWNED && B[ob].member != p -> SET(ob, SHARED, 0) }
#else
		:: d_step { B[ob].kind == OWNED && B[ob].member != p && B[ob].version == ov -> SET(ob, SHARED, 0) }
#endif
		:: else
		fi;
#endif
#ifdef MUT_ALONE_EARLY
		alone = !pin[1 - p];
#endif
#ifdef MUT_CANCEL_FIRST
		if
		:: d_step { want && W3_HOLDS -> S[s].cancelled = true; was = true }
		:: else
		fi;
#endif
		if							/* W3 */
#if MEMO
		:: d_step { W3_HOLDS -> assert(!known || kr == S[s].rev);
			kb = n; kv = v; kr = S[s].rev + 1; known = false; publish(RUNNING) }
#else
		:: d_step { W3_HOLDS -> publish(RUNNING) }
#endif
#if FINISH
		:: d_step { W3_HOLDS -> publish(DONE) }
#endif
#ifdef MUT_MEMO_KEPT
		:: d_step { !W3_HOLDS -> kb = S[s].b; kv = S[s].v; st = 0; ob = 0; ov = 0; known = false } goto retry
#elif MEMO
		:: d_step { !W3_HOLDS -> st = 0; ob = 0; ov = 0; known = false } goto retry
#else
		:: d_step { !W3_HOLDS -> st = 0; ob = 0; ov = 0 } goto retry
#endif
		fi;
#ifdef MUT_CANCEL_APART
		d_step { S[s].cancelled = S[s].cancelled || want };
#endif
#ifdef MUT_HELP_LATE
		if
		:: d_step { B[ob].kind == OWNED && B[ob].member != p && B[ob].version == ov -> SET(ob, SHARED, 0) }
		:: else
		fi;
#endif
		/* retire */
#if defined(MUT_NO_PRIVATE)
		if
		:: d_step { IS(ob, OWNED, p, ov) || IS(ob, SHARED, 0, ov) -> SET(ob, OWNED, p); push(ob) }
		:: else
		fi;
#elif defined(MUT_PRIVATE_AS_FREE)
		if
		:: d_step { IS(ob, OWNED, p, ov) || IS(ob, SHARED, 0, ov) -> SET(ob, FREE, 0); push(ob) }
		:: else
		fi;
#elif defined(MUT_RETIRE_STORE)
		d_step { SET(ob, PRIVATE, p); push(ob) }
#else
#if PINS
#ifdef MUT_ALONE_STATE_FIRST
		owned = IS(ob, OWNED, p, ov);
#endif
#ifdef MUT_ALONE_BLIND
		alone = true;
#elif !defined(MUT_ALONE_EARLY)
		alone = !pin[1 - p];		/* P2: after W3 */
#endif
#ifndef MUT_ALONE_STATE_FIRST
		owned = IS(ob, OWNED, p, ov);	/* P2: after the pins */
#endif
		if
		:: d_step { alone && owned -> alone = false; owned = false;
			assert(IS(ob, OWNED, p, ov));	/* nobody else changes it meanwhile */
			push(ob) } goto next		/* it stays OWNED */
		:: d_step { else -> alone = false; owned = false }
		fi;
#endif
		if
#ifndef MUT_RETIRE_SHARED_ONLY
		:: d_step { IS(ob, OWNED, p, ov) -> SET(ob, PRIVATE, p); push(ob) }
#endif
		:: else ->
#ifndef MUT_RETIRE_OWNED_ONLY
			if
			:: d_step { IS(ob, SHARED, 0, ov) -> SET(ob, PRIVATE, p); push(ob) }
			:: else			/* a sweep had it */
			fi
#else
			skip
#endif
		fi;
#endif
next:
#if CANCEL
		atomic { want = false; was = false; reason = false };
#endif
#if PINS
		if				/* the handle stays open, or is released */
		:: pin[p] = false
		:: true
		fi;
#endif
		atomic { n = NONE; v = 0; st = 0; ob = 0; ov = 0; c0 = 0; c1 = 0; g = 0; s = 0 }
	od;
	if					/* the thread stays, or ends and its queue goes back */
	:: queue[me] != NONE ->
		d_step { assert(QUEUED(queue[me]));
			SET(queue[me], FREE, 0); queue[me] = NONE }
	:: true
	fi;
	d_step { idle[me] = true; mygen = gen[p] }
	false					/* idle until killed */
	} unless { atomic { gen[p] != mygen ->
#if PINS
		alone = false; owned = false;
#endif
#if MEMO
		kb = NONE; kv = 0; kr = 0; known = false;
#endif
#if CANCEL
		want = false; was = false; reason = false;
#endif
		n = NONE; v = 0; left = 0; s = 0; st = 0; ob = 0; ov = 0;
		c0 = 0; c1 = 0; g = 0; mygen = 0; idle[me] = true; queue[me] = NONE } }
	goto born
}

/* one step of each loop is one access to shared memory; may be left and begun anew at any step */
inline sweep(p)
{
#if OWNER < M
	do					/* the slot that has an owner */
	:: d_step { ks = S[0].status; x = S[0].b; kv = S[0].v }
		if
		:: !(ks == RUNNING && p == OWNER) -> break
		:: else
		fi;
#ifdef MUT_LOST_STORE
		d_step { assert(S[0].status == RUNNING); S[0].status = LOST; S[0].b = x; S[0].v = kv }
		break
#else
		if
		:: d_step { S[0].status == ks && S[0].b == x && S[0].v == kv ->
			assert(life[p] != ALIVE); S[0].status = LOST } break
#ifdef MUT_LOST_ONCE
		:: else -> break
#else
		:: else		/* it moved: again */
#endif
		fi
#endif
	od;
#endif
#if PINS
	pin[p] = false;
#endif
	x = 0; ks = 0; kv = 0;
	do
	:: x == NB -> break
	:: else ->
		if
#ifdef MUT_SWEEP_ALL_PRIVATE
		:: d_step { B[x].kind == PRIVATE -> SET(x, FREE, 0) }
#else
		:: d_step { B[x].kind == PRIVATE && B[x].member == p -> SET(x, FREE, 0) }
#endif
		:: d_step { B[x].kind == OWNED && B[x].member == p -> ks = OWNED; kv = B[x].version; h = HOME(x) }
			d_step { refers = REFERS(h, x, kv); h = 0 }
#ifdef MUT_SWEEP_FREES_OWNED
			refers = false;
#endif
#ifdef MUT_SWEEP_KEEPS_OWNED
			refers = true;
#endif
			if
#ifdef MUT_SWEEP_STORE
			:: d_step { SET(x, (refers -> SHARED : FREE), 0) }
#else
			:: d_step { IS(x, OWNED, p, kv) -> SET(x, (refers -> SHARED : FREE), 0) }
#ifdef MUT_SWEEP_ONCE
			:: else
#else
			:: else -> goto again		/* helped meanwhile: look again */
#endif
#endif
			fi
#ifndef MUT_SWEEP_NO_SHARED
		:: d_step { B[x].kind == SHARED -> ks = SHARED; kv = B[x].version; h = HOME(x) }
			d_step { refers = REFERS(h, x, kv); h = 0 }
			if
#ifdef MUT_SWEEP_STORE
			:: d_step { !refers -> SET(x, FREE, 0) }
#else
			:: d_step { !refers && IS(x, SHARED, 0, kv) -> SET(x, FREE, 0) }
#endif
			:: else
			fi
#endif
		:: else
		fi;
		x++;
again:		atomic { ks = 0; kv = 0; refers = false; h = 0 }
	od
}

/* sweeps whoever is dead; a member that closes sweeps itself */
proctype reaper(byte me)
{
	byte p, x, ks, kv, h;
	bool refers;

	do
	:: {
		if
		:: atomic { !over && life[0] == DEAD -> p = 0; locks[0]++; sweeping[me] = true }
		:: atomic { !over && life[1] == DEAD -> p = 1; locks[1]++; sweeping[me] = true }
#if CLOSES
		:: atomic { !over && closes > 0 && life[0] == ALIVE ->
			closes--; p = 0; locks[0]++; life[0] = CLOSING }
#ifndef MUT_CLOSE_NO_WAIT
			IDLE0;			/* calls that began end first */
#endif
			sweeping[me] = true
#endif
		fi;
		sweep(p);
		atomic {			/* dirty[p] = 0, and the lock goes */
			locks[p]--; sweeping[me] = false;
			assert(p != OWNER || S[0].status != RUNNING);	/* the owner is gone */
			if
			:: life[p] == CLOSING -> life[p] = SWEPT; GONE0
			:: life[p] == DEAD -> life[p] = SWEPT
			:: else
			fi;
			p = 0; x = 0 }
	} unless { atomic { stopped[me] -> stopped[me] = false; sweeping[me] = false; locks[p]--;
		if
		:: life[p] == CLOSING -> life[p] = DEAD; GONE0
		:: else
		fi;
		p = 0; x = 0; ks = 0; kv = 0; h = 0; refers = false } }
	od
}

#if READS
proctype reader()
{
	byte k, last, st, ob, ov, c0, c1, g;

	do
	:: k == READS -> break
	:: else ->
		d_step { st = S[0].status; ob = S[0].b; ov = S[0].v; g = S[0].rev }	/* R1 */
		c0 = B[ob].c0;
		c1 = B[ob].c1;								/* R2 */
		if
#ifndef MUT_NO_VERSION_CHECK
		:: d_step { B[ob].version != ov -> c0 = 0; c1 = 0; g = 0; st = 0; ob = 0; ov = 0 }
#endif
		:: d_step {
#ifdef MUT_NO_VERSION_CHECK
			true ->
#else
			B[ob].version == ov ->
#endif
			assert(c0 == g && c1 == g);			/* I5: whole */
			assert(g >= last);				/* I5: never back */
			last = g; k++; c0 = 0; c1 = 0; g = 0; st = 0; ob = 0; ov = 0 }
		fi
	od;
	last = 0
}
#endif

#if KILLS || STOPS
proctype killer()
{
	do
	:: d_step { kills > 0 && !over && life[0] == ALIVE -> kills--; GONE0; life[0] = DEAD }
	:: d_step { kills > 0 && !over && life[1] == ALIVE -> kills--; GONE1; life[1] = DEAD }
#if STOPS
	:: d_step { stops > 0 && sweeping[0] && !stopped[0] -> stops--; stopped[0] = true }
#endif
	od
}
#endif

/* I1: everybody attached and idle, then everybody gone */
proctype audit()
{
	byte x, t, held, s;

	d_step {
		!over && IDLE0 && IDLE1 && (life[0] == ALIVE || life[0] == SWEPT) &&
			(life[1] == ALIVE || life[1] == SWEPT) ->
		over = true;
		for (x : 0 .. NB - 1) {
			held = 0;
			for (t : 0 .. NT - 1) {
				if
				:: queue[t] == x -> held++; assert(life[MEMBER_OF(t)] == ALIVE)
				:: else
				fi
			}
			s = HOME(x);
			if
			:: REFERS(s, x, B[x].version) -> assert(B[x].kind >= OWNED && held == 0)
#if defined(MUT_NO_PRIVATE) || defined(MUT_PRIVATE_AS_FREE)
			:: else -> assert(B[x].kind == FREE || held == 1)
#else
#if PINS
			:: else -> assert(B[x].kind == FREE && held == 0 ||
				(B[x].kind == PRIVATE || B[x].kind == OWNED) && held == 1)
#else
			:: else -> assert(B[x].kind == FREE && held == 0 || B[x].kind == PRIVATE && held == 1)
#endif
#endif
			fi
		}
#ifdef MUT_AUDIT_REACHED
		assert(false)
#endif
	}
}

init {
	byte x;

	atomic {
		for (x : 0 .. NB - 1) {
			B[x].version = 1
		}
		for (x : 0 .. NS - 1) {
			S[x].status = RUNNING; S[x].b = x; S[x].v = 1; S[x].rev = 1;
			B[x].kind = OWNED; B[x].member = 0; B[x].published = 1; B[x].c0 = 1; B[x].c1 = 1;
#if NS > 1
			B[x].home = x
#endif
		}
		for (x : 0 .. NT - 1) {
			queue[x] = NONE
		}
		x = 0;
		run monitor();
		run audit();
		run writer(0, 0, U0);
#if T0 == 2
		run writer(1, 0, U0);
#endif
		run writer(T0, 1, U1);
#if T1 == 2
		run writer(T0 + 1, 1, U1);
#endif
#if KILLS || CLOSES
		run reaper(0);
#if REAPERS == 2
		run reaper(1);
#endif
#endif
#if KILLS || STOPS
		run killer();
#endif
#if READS
		run reader();
#endif
	}
}

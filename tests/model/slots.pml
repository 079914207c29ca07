/*
 * slots.pml - the life of a slot: create, open with pins, retire, last unpin, reaper, sweep, kill at any step.
 *
 * PROBLEM
 *	A slot is used for one record after the other. Whoever has a record open must not see its slot given
 *	to another record under his hands; whoever dies must not keep a slot or a block for ever; a reader,
 *	who registers nowhere, must not mix one record's block with the next one's counters.
 *
 * WHAT IS MODELLED (one slot, NB blocks; two members that may be killed; a reaper; a reader)
 *	word	FREE, CLAIM(p), RUNNING, DONE, LOST, RETIRING with block and version, compared whole
 *	create	CAS 0 -> CLAIM(p); life; zero line 1; own pin; a block FREE -> PRIVATE(p) -> OWNED(p); id, owner;
 *		CAS -> RUNNING; without a block: CAS -> 0, unpin
 *	open	own pin; load word; validated read of the id; compare; on mismatch unpin
 *	unpin	process-local count under the process mutex; on 1 -> 0 clear the bit, load word, and if it is RETIRING
 *		finish
 *	retire	load terminal word; look at pins; mark the block SHARED; CAS -> RETIRING; finish
 *	finish	look at pins; CAS RETIRING -> 0; the winner frees the block, SHARED -> FREE
 *	sweep	CLAIM(p) -> 0; word, then owner: RUNNING of p -> LOST; clear p's pin; blocks as in update.pml
 *	read	load word, load life (R1) copy id and line 1 (R2) version, life and status again
 *	kill	of a member with all its threads at any step; after the sweep a new process gets its index
 *
 * WHAT IS LEFT OUT, AND WHY THAT IS SOUND
 *	- Updates: the terminal call keeps the block and changes the status only. How blocks are replaced under a
 *	  slot is update.pml's, and everything here compares the whole word.
 *	- The pin's count and bit change in one step: both do so under the process mutex (the mutant splits it).
 *	- Memory is sequentially consistent; weak.pml has the fences (P1, P2, C1).
 *	- Time: whoever is terminal may be retired at once.
 *	- Line 1 is one cell which holds the id of the record for which it was zeroed; only somebody with a
 *	  verified pin adds to it, and what he adds leaves that id as it is.
 *	- Versions are modulo VMOD and begin at its end, so that (0, 0) is a published block while 0 is also the
 *	  word of a free slot and CLAIM(0).
 *
 * INVARIANTS
 *	I1  at rest each block is FREE or referenced, no slot is CLAIM, no dead member's pin is set; RETIRING without
 *	    pins is left only by a death (the next starter finishes it)
 *	I2  as in update.pml, in every state, for RUNNING to RETIRING
 *	I5  a reader's copy: line 1 belongs to the record whose id is in the block
 *	I6  a slot with a live, verified pin is never FREE and holds the record that was verified; a status never
 *	    falls within one life; LOST only if the owner of this very record is dead
 *
 * PAIRS	P1 (open: pin, then word)		with P2 (retire: RETIRING, then pins)
 *		P3 (unpin: clear, then word)		with P2
 *		C1 (create: life, then line 1)		with R2 (read: line 1, then life)
 *		S1 (create: owner, then RUNNING)	with S2 (sweep: word, then owner, then CAS of that word)
 *
 * MUTANTS
 *	MUT_PIN_LATE		open looks first and sets the pin then
 *	MUT_PIN_NO_COUNT	each handle sets and clears the bit by itself
 *	MUT_PIN_OUTSIDE		the count goes up under the mutex, the bit is set after it
 *	MUT_PIN_ZEROED		create clears everybody's pins
 *	MUT_OPEN_NO_ID		open does not compare the id
 *	MUT_OPEN_RETIRING	open takes RETIRING for alive
 *	MUT_RETIRE_NO_RECHECK	after RETIRING the pins are not looked at again
 *	MUT_RETIRE_DIRECT	terminal -> 0 without RETIRING
 *	MUT_RETIRE_BACK		RETIRING goes back to what it was when there is a pin
 *	MUT_RETIRE_NO_SHARED	the block is not marked SHARED
 *	MUT_RETIRE_SHARED_LATE	... or only after RETIRING, by the one who set that
 *	MUT_RETIRE_STORE	RETIRING -> 0 by a store
 *	MUT_FREE_EARLY		the block is freed before the word is 0
 *	MUT_UNPIN_KEEPS		the last unpin does not finish a RETIRING slot
 *	MUT_UNPIN_LATE		unpin looks at the word first and clears the bit then
 *	MUT_CLAIM_STORE		create stores CLAIM(p)
 *	MUT_SWEEP_NO_CLAIM	the sweep leaves CLAIM(p)
 *	MUT_SWEEP_ANY_CLAIM	the sweep frees everybody's CLAIM
 *	MUT_SWEEP_NO_PINS	the sweep leaves the pins
 *	MUT_SWEEP_NO_LOST	the sweep leaves RUNNING records
 *	MUT_SWEEP_OWNER_FIRST	the sweep loads the owner before the word
 *	MUT_SWEEP_STORE_LOST	the sweep stores LOST
 *	MUT_SWEEP_BLIND		"is it referenced" compares block and version, not the status
 *	MUT_REAPER_OUTSIDE	the reaper retires without being a member, and dies: nobody is dirty
 *	MUT_READ_NO_ID		a reader does not compare life with the id in the block: word first, life then
 *	MUT_READ_NO_ID_TAIL	a reader does not look at life at all
 *	MUT_ID_TAIL_LATE		create zeroes line 1 before it stores life
 *	READ_ID_TAIL_FIRST is no mutant but the other right way to read: life before word, no comparison with the id.
 */

#ifndef T0
#define T0 1		/* threads of member 0 */
#endif
#ifndef OPS0
#define OPS0 1		/* calls by a thread of member 0, each time it lives */
#endif
#ifndef OPS1
#define OPS1 1
#endif
#ifndef RETIRES
#define RETIRES 1	/* attempts of the reaper */
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifndef READS
#define READS 0
#endif
#ifndef NB
#define NB 2
#endif
#ifndef VMOD
#define VMOD 8
#endif

#define NT	(T0 + 1)
#define NONE	15

#define FREE	0	/* kinds */
#define PRIVATE	1
#define OWNED	2
#define SHARED	3

#define CLAIM	1	/* statuses; FREE is 0 */
#define RUNNING	2
#define DONE	3
#define LOST	4
#define RETIRING 5

typedef block {
	byte kind; byte member; byte version;
	byte id;
};
block B[NB];

byte st, wb, wv;	/* the word */
byte id_tail, owner;
bool pin[2];
byte line1;		/* the id of the record for which it was zeroed */
byte count[2];		/* private to each process, under its mutex */

byte births;		/* ghost: ids given out */
byte record, record_owner;	/* ghost: what the slot holds, from CLAIM on */
byte held[NT];		/* ghost: the id whose pin this thread has verified */
#define ALIVE	0
#define DEAD	1
#define SWEPT	2
byte life[2];
byte gen[2];
bool idle[NT];
bool reaper_idle;
#ifdef MUT_REAPER_OUTSIDE
bool reaper_dies;
#endif
byte kills = KILLS;
byte retires = RETIRES;
bool over;

#define IS(x, k, m, v)		(B[x].kind == k && B[x].member == m && B[x].version == v)
#define SET(x, k, m)		B[x].kind = k; B[x].member = m
#define WORD(s, b, v)		(st == s && wb == b && wv == v)
#define SETWORD(s, b, v)	st = s; wb = b; wv = v
#ifdef MUT_SWEEP_BLIND
#define REFERS(x, v)		(wb == x && wv == v)
#else
#define REFERS(x, v)		(st >= RUNNING && wb == x && wv == v)
#endif
#define NO_PINS			(!pin[0] && !pin[1])
#if T0 == 2
#define NO_HOLDER		(held[0] == 0 && held[1] == 0 && held[2] == 0)
#define IDLE0			(idle[0] && idle[1])
#define IDLE1			(idle[2])
#define GONE0			gen[0]++; idle[0] = false; idle[1] = false; held[0] = 0; held[1] = 0
#define GONE1			gen[1]++; idle[2] = false; held[2] = 0
#else
#define NO_HOLDER		(held[0] == 0 && held[1] == 0)
#define IDLE0			(idle[0])
#define IDLE1			(idle[1])
#define GONE0			gen[0]++; idle[0] = false; held[0] = 0
#define GONE1			gen[1]++; idle[1] = false; held[1] = 0
#endif

proctype monitor()
{
	atomic { st >= RUNNING && !(B[wb].version == wv && B[wb].kind >= OWNED) -> assert(false) }	/* I2 */
}

/* the word leaves a record for good */
inline set_free()
{
	assert(NO_HOLDER);				/* I6 */
	SETWORD(FREE, 0, 0); record = 0; record_owner = 0
}

/* RETIRING(fb, fv): anybody may come here. P2, P3 */
inline finish()
{
	if
#ifdef MUT_RETIRE_NO_RECHECK
	:: true ->
#else
	:: NO_PINS ->
#endif
#ifdef MUT_FREE_EARLY
		if :: d_step { IS(fb, SHARED, 0, fv) -> SET(fb, FREE, 0) } :: else fi;
#endif
		if
#ifdef MUT_RETIRE_STORE
		:: d_step { true -> set_free() }
#else
		:: d_step { WORD(RETIRING, fb, fv) -> set_free() }
#endif
			if
			:: d_step { IS(fb, SHARED, 0, fv) -> SET(fb, FREE, 0) }
			:: else				/* a sweep had it */
			fi
		:: else
		fi
#ifndef MUT_RETIRE_NO_RECHECK
	:: else
#ifdef MUT_RETIRE_BACK
		if :: d_step { WORD(RETIRING, fb, fv) -> st = DONE } :: else fi
#endif
#endif
	fi
}

inline retire()
{
	atomic { fb = wb; fv = wv; s = st }
	if
	:: (s == DONE || s == LOST) ->
		if
		:: NO_PINS ->
#if !defined(MUT_RETIRE_NO_SHARED) && !defined(MUT_RETIRE_SHARED_LATE)
			if
			:: d_step { B[fb].kind == OWNED && B[fb].version == fv -> SET(fb, SHARED, 0) }
			:: else
			fi;
#endif
#ifdef MUT_RETIRE_DIRECT
			if
			:: d_step { WORD(s, fb, fv) -> set_free() }
				if :: d_step { IS(fb, SHARED, 0, fv) -> SET(fb, FREE, 0) } :: else fi
			:: else
			fi
#else
			if
			:: d_step { WORD(s, fb, fv) -> assert(st < RETIRING); st = RETIRING }
#ifdef MUT_RETIRE_SHARED_LATE
				if
				:: d_step { B[fb].kind == OWNED && B[fb].version == fv -> SET(fb, SHARED, 0) }
				:: else
				fi;
#endif
				finish()
			:: else
			fi
#endif
		:: else
		fi
	:: else
	fi;
	d_step { fb = 0; fv = 0; s = 0 }
}

inline set_pin()
{
#if defined(MUT_PIN_NO_COUNT)
	pin[p] = true;
#elif defined(MUT_PIN_OUTSIDE)
	count[p]++;
	if :: count[p] == 1 -> pin[p] = true :: else fi;
#else
	d_step { count[p]++; if :: count[p] == 1 -> pin[p] = true :: else fi };
#endif
}

inline unpin()
{
#ifdef MUT_UNPIN_LATE
	d_step { fb = wb; fv = wv; s = st };
#endif
#ifdef MUT_PIN_NO_COUNT
	d_step { held[me] = 0; pin[p] = false; last = true };
#else
	d_step { held[me] = 0; count[p]--; last = (count[p] == 0);
		if :: last -> pin[p] = false :: else fi };
#endif
	if
	:: last ->
#ifndef MUT_UNPIN_LATE
		atomic { fb = wb; fv = wv; s = st }
#endif
#ifndef MUT_UNPIN_KEEPS
		if
		:: s == RETIRING -> finish()
		:: else
		fi
#endif
	:: else
	fi;
	d_step { last = false; fb = 0; fv = 0; s = 0 }
}

proctype actor(byte me; byte p; byte calls)
{
	byte left, mygen, id, n, v, s, fb, fv;
	bool last;

	/* attach: somebody who holds the write lock; a sweep was complete before */
born:	atomic {
		!over && (life[p] == ALIVE || life[p] == SWEPT) ->
		if
		:: life[p] == SWEPT -> life[p] = ALIVE; count[p] = 0
		:: else
		fi;
		mygen = gen[p]; left = calls; idle[me] = false
	}
	{
	do
	:: left == 0 -> break
	:: d_step { left > 0 -> left-- }
		/* create */
		if
#ifdef MUT_CLAIM_STORE
		:: st == FREE -> d_step { SETWORD(CLAIM, p, 0); births++; id = births; record = id; record_owner = p }
#else
		:: d_step { st == FREE -> SETWORD(CLAIM, p, 0); births++; id = births; record = id; record_owner = p }
#endif
		:: atomic { st == RETIRING -> fb = wb; fv = wv }	/* a starter in search of a slot */
			finish();
			goto next
		:: else -> goto next
		fi;
#ifdef MUT_ID_TAIL_LATE
		line1 = id;
		id_tail = id;
#else
		id_tail = id;
		line1 = id;						/* C1 */
#endif
#ifdef MUT_PIN_ZEROED
		d_step { pin[0] = false; pin[1] = false };
#endif
		set_pin();
		if
		:: d_step { B[0].kind == FREE -> n = 0; SET(0, PRIVATE, p) }
		:: d_step { B[1].kind == FREE -> n = 1; SET(1, PRIVATE, p) }
#if NB > 2
		:: d_step { B[2].kind == FREE -> n = 2; SET(2, PRIVATE, p) }
#endif
		:: else ->						/* no memory */
			if
			:: d_step { WORD(CLAIM, p, 0) -> SETWORD(FREE, 0, 0); record = 0; record_owner = 0 }
			:: else -> assert(false)
			fi;
			unpin();
			goto next
		fi;
		d_step { v = (B[n].version + 1) % VMOD; B[n].version = v; SET(n, OWNED, p) };	/* W1 */
		d_step { assert(IS(n, OWNED, p, v)); B[n].id = id };
		owner = p;						/* S1 */
		if
		:: d_step { WORD(CLAIM, p, 0) -> SETWORD(RUNNING, n, v); held[me] = id }
		:: else -> assert(false)				/* a claim is its claimer's */
		fi;
		assert(line1 == id && id_tail == id && owner == p && record == id);	/* use */
		if
		:: d_step { WORD(RUNNING, n, v) -> st = DONE; assert(record == id) }	/* the terminal call */
		:: true							/* released while it runs */
		fi;
		unpin();
		goto next
	:: d_step { left > 0 && births > 0 -> left--; id = births }
#ifndef SHORT
		if :: true :: d_step { id > 1 -> id-- } fi;
#endif
		/* open; id is the wanted one */
#ifndef MUT_PIN_LATE
		set_pin();						/* P1 */
#endif
		atomic { s = st; n = wb; v = wv }
		if
#ifdef MUT_OPEN_RETIRING
		:: s < RUNNING ->
#else
		:: s < RUNNING || s > LOST ->
#endif
#ifndef MUT_PIN_LATE
			unpin();
#endif
			goto next
		:: else
		fi;
		if
#ifdef MUT_OPEN_NO_ID
		:: false ->
#else
		:: B[n].id != id ->
#endif
#ifndef MUT_PIN_LATE
			unpin();
#endif
			goto next
		:: else
		fi;
		if
		:: B[n].version != v ->
#ifndef MUT_PIN_LATE
			unpin();
#endif
			goto next
		:: else
		fi;
#ifdef MUT_PIN_LATE
		set_pin();
#endif
		held[me] = id;
		assert(st >= RUNNING && record == id && line1 == id);	/* I6 */
		if
		:: d_step { WORD(RUNNING, n, v) -> st = DONE; assert(record == id) }	/* anybody may end it */
		:: true
		fi;
		unpin();
		goto next
	:: d_step { left > 0 -> left-- }
		retire();
next:
		atomic { id = 0; n = 0; v = 0; s = 0; fb = 0; fv = 0 }
	od;
	idle[me] = true;
	false
	} unless { atomic { gen[p] != mygen -> left = 0; mygen = 0; id = 0; n = 0; v = 0; s = 0; fb = 0; fv = 0;
		last = false; idle[me] = true } }
	goto born
}

inline sweep(p)
{
	x = 0;
again:	atomic { s = st; fb = wb; fv = wv
#ifdef MUT_SWEEP_OWNER_FIRST
		; s = NONE; o = owner
#endif
	}
#ifdef MUT_SWEEP_OWNER_FIRST
	atomic { s = st; fb = wb; fv = wv }
#endif
	if
#ifdef MUT_SWEEP_ANY_CLAIM
	:: s == CLAIM ->
#else
	:: s == CLAIM && fb == p ->
#endif
#ifndef MUT_SWEEP_NO_CLAIM
		if
		:: d_step { WORD(CLAIM, fb, fv) -> SETWORD(FREE, 0, 0); record = 0; record_owner = 0 }
		:: else
		fi
#endif
	:: s == RUNNING ->						/* S2 */
#ifndef MUT_SWEEP_OWNER_FIRST
		o = owner;
#endif
		if
#ifndef MUT_SWEEP_NO_LOST
#ifdef MUT_SWEEP_STORE_LOST
		:: d_step { o == p -> assert(st == RUNNING);	/* a terminal status is set once */
			 SETWORD(LOST, fb, fv) }
#else
		:: o == p ->
			if
			:: d_step { WORD(RUNNING, fb, fv) -> assert(record_owner == p && life[p] == DEAD);
				st = LOST }
			:: else -> goto again
			fi
#endif
#endif
		:: else
		fi
	:: else
	fi;
	d_step { s = 0; fb = 0; fv = 0; o = 0 };
#ifndef MUT_SWEEP_NO_PINS
	pin[p] = false;
#endif
	x = 0;
	do
	:: x == NB -> break
	:: else ->
		if
		:: d_step { B[x].kind == PRIVATE && B[x].member == p -> SET(x, FREE, 0) }
		:: d_step { B[x].kind == OWNED && B[x].member == p -> fv = B[x].version }
			refers = REFERS(x, fv);
			if
			:: d_step { IS(x, OWNED, p, fv) -> SET(x, (refers -> SHARED : FREE), 0) }
			:: else -> goto next
			fi
		:: d_step { B[x].kind == SHARED -> fv = B[x].version }
			refers = REFERS(x, fv);
			if
			:: d_step { !refers && IS(x, SHARED, 0, fv) -> SET(x, FREE, 0) }
			:: else
			fi
		:: else
		fi;
		x++;
next:		atomic { fv = 0; refers = false }
	od
}

/* a member of its own, which is never killed here: actors retire too, and those are */
proctype reaper()
{
	byte q, x, s, fb, fv, o;
	bool refers;

	do
	:: atomic { !over && retires > 0 && st >= DONE && st <= LOST -> retires--; reaper_idle = false }
#ifdef MUT_REAPER_OUTSIDE
		{ retire() } unless { atomic { reaper_dies -> s = 0; fb = 0; fv = 0 } };
		reaper_dies = false;
#else
		retire();
#endif
		reaper_idle = true
	:: atomic { !over && life[0] == DEAD -> q = 0; reaper_idle = false }
		goto sweep_it
	:: atomic { !over && life[1] == DEAD -> q = 1; reaper_idle = false }
sweep_it:
		sweep(q);
		atomic {
			assert(!(st == RUNNING && record_owner == q));	/* the owner is gone */
			life[q] = SWEPT; q = 0; x = 0; reaper_idle = true }
	od
}

#if READS
proctype reader()
{
	byte k, s, b, v, l, id, c;

	do
	:: k == READS -> break
	:: else ->
#ifdef READ_ID_TAIL_FIRST
		l = id_tail;
		atomic { s = st; b = wb; v = wv }
#else
		atomic { s = st; b = wb; v = wv }
		l = id_tail;							/* R1 */
#endif
		if
		:: s < RUNNING || s > LOST -> k++; goto next
		:: else
		fi;
		id = B[b].id;
		c = line1;								/* R2 */
		if
		:: B[b].version != v -> goto next
		:: else
		fi;
#ifndef MUT_READ_NO_ID_TAIL
		if
		:: id_tail != l -> goto next
		:: else
		fi;
#endif
		if
		:: st != s -> goto next
		:: else
		fi;
#if !defined(READ_ID_TAIL_FIRST) && !defined(MUT_READ_NO_ID) && !defined(MUT_READ_NO_ID_TAIL)
		if
		:: id != l -> goto next			/* the life is the one in the block's id */
		:: else
		fi;
#endif
		assert(c == id);						/* I5 */
		k++;
next:		atomic { s = 0; b = 0; v = 0; l = 0; id = 0; c = 0 }
	od
}
#endif

#ifdef MUT_REAPER_OUTSIDE
proctype reaper_killer()
{
	d_step { !reaper_idle -> reaper_dies = true }
}
#endif

#if KILLS
proctype killer()
{
	do
	:: d_step { kills > 0 && !over && life[0] == ALIVE -> kills--; GONE0; life[0] = DEAD }
	:: d_step { kills > 0 && !over && life[1] == ALIVE -> kills--; GONE1; life[1] = DEAD }
	od
}
#endif

proctype audit()
{
	byte x;

	d_step {
		!over && IDLE0 && IDLE1 && reaper_idle && life[0] != DEAD && life[1] != DEAD ->
		over = true;
		assert(st != CLAIM);
		assert(NO_PINS && NO_HOLDER);
#if !KILLS
		assert(st != RETIRING);
#endif
		for (x : 0 .. NB - 1) {
			assert(B[x].kind == FREE || (B[x].kind >= OWNED && st >= RUNNING && wb == x && wv == B[x].version))
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
			B[x].version = VMOD - 1
		}
		x = 0;
		reaper_idle = true;
		run monitor();
		run audit();
		run actor(0, 0, OPS0);
#if T0 == 2
		run actor(1, 0, OPS0);
#endif
		run actor(T0, 1, OPS1);
		run reaper();
#ifdef MUT_REAPER_OUTSIDE
		run reaper_killer();
#endif
#if KILLS
		run killer();
#endif
#if READS
		run reader();
#endif
	}
}

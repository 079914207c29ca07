/*
 * weak.pml - which fence is needed where: the protocol's pairs on weakly ordered memory.
 *
 * PROBLEM
 *	update.pml and slots.pml take memory to be sequentially consistent. Processors and compilers are not:
 *	stores become visible late and out of order, loads are done early and out of order, and a relaxed
 *	atomic read-modify-write orders nothing around it. Is each fence of the protocol there, and is none in vain?
 *
 * HOW MEMORY IS MODELLED
 *	Stores: each process has a store buffer with one entry a location. An entry may reach memory at any time
 *	and in any order, but not before the entries of an earlier epoch; fence_store begins an epoch, and holds
 *	nobody up. A full fence, and release before a compare-and-swap, wait until the buffer is empty.
 *	A process sees its own pending stores. A read-modify-write acts on memory at once, so that it may overtake
 *	earlier stores; where the question is whether it may itself be overtaken by a later load (set pin and
 *	RETIRING: a relaxed one may, on aarch64 for instance) it is put into the buffer like a store.
 *	Loads: those between two fences are done in any order, even a load whose address is not yet known: the
 *	block index is guessed, and a wrong guess is thrown away. Real processors respect address dependencies
 *	(all but Alpha); C11 does not, and id_tail and line 1 do not depend on the word at all.
 *	Memory is one for all processes (multi-copy atomic, as x86-64 and aarch64 are).
 *
 * WHAT IS LEFT OUT, AND WHY THAT IS SOUND
 *	- What update.pml and slots.pml show: there is one writer, and he knows which block is free.
 *	- A version is called by the rev that it was raised for: only that it is unique to a block matters.
 *	- Loads are not delayed past later stores: between them there is a compare-and-swap whose result decides
 *	  whether the stores are done at all, and it is an acquire in lib/shm_atomic.h.
 *
 * PARTS (-DPART=n), INVARIANTS, PAIRS, AND THE MUTANT THAT DROPS EACH
 *	1 read		I5	W1 store fence after OWNED(p, v)		R2	NO_W1, NO_R2
 *				W3 release before the word's CAS		R1	NO_W3, NO_R1
 *	(lib/ calls P1 to P4 P1: each of its pin operations is a locked one that orders both ways)
 *	2 pin		I6	P1 full fence between own pin and word		P2	NO_P1
 *				P2 full fence between RETIRING and pins		P1, P3	NO_P2
 *				P3 full fence between clearing the pin and word	P2	NO_P3
 *				P4 release before clearing the pin: what was added to the counters lands
 *				   before the slot can become another record's	P2	NO_P4
 *	3 id_tail		I5	C1 store fence between id_tail and zeroed line 1	R2	NO_C1, NO_R2
 *				W3 as above, from CLAIM to RUNNING		R1	NO_W3, NO_R1
 *				a reader compares id_tail with the id in the block		NO_ID
 *	4 give back	I5	F1 release before a block becomes FREE		take	NO_F1
 *	5 sweep		I6	S1 release before RUNNING: owner is there	S2	NO_S1
 *				S2 load fence between word and owner		S1	NO_S2
 *	6 lost		-	S3 release before LOST: lost_ns is there	R1	NO_S3, NO_R1
 */

#ifndef PART
#define PART 1
#endif
#ifndef UPDATES
#define UPDATES 3
#endif

#define LOCATIONS	7
#define P		2	/* processes that store */

byte memory[LOCATIONS];
byte value[P * LOCATIONS];	/* the store buffers */
byte epoch[P * LOCATIONS];	/* 0: no entry */
byte pending[P];		/* entries */
byte low[P], now[P];		/* the oldest epoch with entries; the present one */

#define AT(p, l)	((p) * LOCATIONS + (l))
#define LOAD(p, l)	(epoch[AT(p, l)] -> value[AT(p, l)] : memory[l])

inline store(p, l, val)		/* a second store to one location waits for the first: coherence */
{
	atomic { epoch[AT(p, l)] == 0 ->
		value[AT(p, l)] = val; epoch[AT(p, l)] = now[p]; pending[p]++ }
}

inline fence_store(p)
{
	if
	:: d_step { pending[p] > 0 -> now[p]++ }
	:: else
	fi
}

inline fence_full(p)
{
	pending[p] == 0
}

/* some entry of process p whose epoch is the oldest reaches memory */
inline drain(p, l)
{
	d_step {
		epoch[AT(p, l)] > 0 && epoch[AT(p, l)] == low[p] ->
		memory[l] = value[AT(p, l)]; value[AT(p, l)] = 0; epoch[AT(p, l)] = 0; pending[p]--;
		if
		:: pending[p] == 0 -> low[p] = 1; now[p] = 1
		:: else ->
			do
			:: epoch[AT(p, 0)] != low[p] && epoch[AT(p, 1)] != low[p] && epoch[AT(p, 2)] != low[p] &&
			   epoch[AT(p, 3)] != low[p] && epoch[AT(p, 4)] != low[p] && epoch[AT(p, 5)] != low[p] &&
			   epoch[AT(p, 6)] != low[p] -> low[p]++
			:: else -> break
			od
		fi
	}
}

proctype buffer(byte p)
{
	do
	:: drain(p, 0)
	:: drain(p, 1)
	:: drain(p, 2)
	:: drain(p, 3)
	:: drain(p, 4)
	:: drain(p, 5)
	:: drain(p, 6)
	od
}

/* ---- 1: update and read ---------------------------------------------------------------------- */
#if PART == 1

#define WORD		0			/* block + 2 * version */
#define VERSION(b)	(1 + (b))
#define CELL0(b)		(3 + (b))
#define CELL1(b)		(5 + (b))

proctype writer()
{
	byte rev = 1, n;

	do
	:: rev == 1 + UPDATES -> break
	:: else ->
		rev++;
		n = 1 - n;			/* the block that the last update retired */
		store(0, VERSION(n), rev);
#ifndef NO_W1
		fence_store(0);			/* W1 */
#endif
		store(0, CELL0(n), rev);
		store(0, CELL1(n), rev);
#ifndef NO_W3
		fence_full(0);			/* W3: release */
#endif
		memory[WORD] = n + 2 * rev
	od
}

#ifdef NO_R1
#define R1_PASSED	true
#else
#define R1_PASSED	got_w
#endif
#ifdef NO_R2
#define R2_PASSED	true
#else
#define R2_PASSED	(got_w && got_c0 && got_c1)
#endif

/* the updater's copy and check are these, too */
proctype reader()
{
	byte w, c0, c1, v, guess;
	bool got_w, got_c0, got_c1, got_v;

	do
	:: true ->
		if :: guess = 0 :: guess = 1 fi;
		do
		:: d_step { !got_w -> w = memory[WORD]; got_w = true }
		:: d_step { !got_c0 && R1_PASSED -> c0 = memory[CELL0(guess)]; got_c0 = true }
		:: d_step { !got_c1 && R1_PASSED -> c1 = memory[CELL1(guess)]; got_c1 = true }
		:: d_step { !got_v && R1_PASSED && R2_PASSED -> v = memory[VERSION(guess)]; got_v = true }
		:: atomic { got_w && w % 2 != guess -> break }	/* a wrong guess */
		:: atomic { got_w && got_c0 && got_c1 && got_v && w % 2 == guess ->
			assert(v != w / 2 || c0 == v && c1 == v);	/* I5 */
			break }
		od;
		atomic { got_w = false; got_c0 = false; got_c1 = false; got_v = false; w = 0; c0 = 0; c1 = 0; v = 0;
			guess = 0 }
	od
}

#define START	memory[WORD] = 2; memory[VERSION(0)] = 1; memory[CELL0(0)] = 1; memory[CELL1(0)] = 1; \
		run buffer(0); run writer(); run reader()
#endif

/* ---- 2: pins and retirement ------------------------------------------------------------------ */
#if PART == 2

#define WORD	0		/* 0 free, 1 CLAIM and later, of the next record; 3 DONE; 5 RETIRING */
#define PIN	1		/* the opener's; the retirer has none */
#define LINE1	2		/* a counter: 1 what the opener adds to, 2 the next record's */

bool verified, freed, next_made;
bool opener_done, retirer_done;

inline finish(p)
{
	if				/* whoever wins this makes the next record here */
	:: d_step { memory[WORD] == 5 -> assert(!verified); memory[WORD] = 0; freed = true }
		memory[WORD] = 1;
		store(p, LINE1, 2);
		fence_full(p);
		next_made = true
	:: else
	fi
}

proctype opener()
{
	byte w;

	store(0, PIN, 1);
#ifndef NO_P1
	fence_full(0);			/* P1 */
#endif
	d_step { w = memory[WORD]; verified = (w == 3) };
	if
	:: w == 3 -> assert(!freed); store(0, LINE1, 1)	/* headway_add */
	:: else
	fi;
#ifndef NO_P4
	fence_full(0);			/* P4: release */
#endif
	verified = false;
	store(0, PIN, 0);
#ifndef NO_P3
	fence_full(0);			/* P3 */
#endif
	w = LOAD(0, WORD);
	if
	:: w == 5 ->
		if
		:: LOAD(0, PIN) == 0 -> finish(0)
		:: else
		fi
	:: else
	fi;
	opener_done = true
}

proctype retirer()
{
	if
	:: memory[PIN] != 0 -> goto out		/* the look before */
	:: else
	fi;
	store(1, WORD, 5);		/* a CAS: nobody else changes DONE here */
#ifndef NO_P2
	fence_full(1);			/* P2 */
#endif
	if
	:: memory[PIN] == 0 ->
		fence_full(1);		/* a CAS on the word comes after the one before it */
		finish(1)
	:: else
	fi;
out:	retirer_done = true
}

proctype audit()
{
	d_step { opener_done && retirer_done && pending[0] == 0 && pending[1] == 0 ->
		assert(!(memory[WORD] == 5 && memory[PIN] == 0));	/* nobody is left to finish it */
		assert(!next_made || memory[LINE1] == 2)		/* the last record's adds are not in it */
	}
}

#define START	memory[WORD] = 3; run buffer(0); run buffer(1); run opener(); run retirer(); run audit()
#endif

/* ---- 3: id_tail, line 1 and the record in the block --------------------------------------------- */
#if PART == 3

#define WORD		0	/* status + 8 * block + 16 * version */
#define ID_TAIL		1
#define LINE1		2	/* the id of the record for which it was zeroed */
#define VERSION(b)	(3 + (b))
#define ID(b)		(5 + (b))
#define RUN		2

proctype writer()		/* record 1 ends, records 2 and 3 come and go in its slot */
{
	byte id = 1, n;

	do
	:: id == UPDATES -> break
	:: else ->
		id++;
		if :: n = 0 :: n = 1 fi;
		fence_full(0);
		memory[WORD] = 5;	/* RETIRING */
		memory[WORD] = 0;
		memory[WORD] = 1;	/* CLAIM */
		store(0, ID_TAIL, id);
#ifndef NO_C1
		fence_store(0);		/* C1 */
#endif
		store(0, LINE1, id);
		store(0, VERSION(n), id);
		fence_store(0);		/* W1 */
		store(0, ID(n), id);
#ifndef NO_W3
		fence_full(0);		/* W3: release */
#endif
		memory[WORD] = RUN + 8 * n + 16 * id
	od
}

#ifdef NO_R1
#define R1_PASSED	true
#else
#define R1_PASSED	(got_w && got_l)
#endif
#ifdef NO_R2
#define R2_PASSED	true
#else
#define R2_PASSED	(got_w && got_l && got_id && got_c)
#endif

#ifdef NO_ID
#define TIED	true
#else
#define TIED	(id == l)	/* the id_tail is the one in the block's id */
#endif

proctype reader()
{
	byte w, l, id, c, v, l2, s2, guess;
	bool got_w, got_l, got_id, got_c, got_v, got_l2, got_s2;

	do
	:: true ->
		if :: guess = 0 :: guess = 1 fi;
		do
		:: d_step { !got_w -> w = memory[WORD]; got_w = true }
		:: d_step { !got_l -> l = memory[ID_TAIL]; got_l = true }
		:: d_step { !got_id && R1_PASSED -> id = memory[ID(guess)]; got_id = true }
		:: d_step { !got_c && R1_PASSED -> c = memory[LINE1]; got_c = true }
		:: d_step { !got_v && R1_PASSED && R2_PASSED -> v = memory[VERSION(guess)]; got_v = true }
		:: d_step { !got_l2 && R1_PASSED && R2_PASSED -> l2 = memory[ID_TAIL]; got_l2 = true }
		:: d_step { !got_s2 && R1_PASSED && R2_PASSED -> s2 = memory[WORD] % 8; got_s2 = true }
		:: atomic { got_w && (w % 8 != RUN || w / 8 % 2 != guess) -> break }	/* gone, or a wrong guess */
		:: atomic { got_w && got_l && got_id && got_c && got_v && got_l2 && got_s2 && w % 8 == RUN &&
				w / 8 % 2 == guess ->
			if
			:: v == w / 16 && l2 == l && s2 == RUN && TIED ->
				assert(id == w / 16 && c == id)	/* I5 */
			:: else
			fi;
			break }
		od;
		atomic { got_w = false; got_l = false; got_id = false; got_c = false; got_v = false; got_l2 = false;
			got_s2 = false; w = 0; l = 0; id = 0; c = 0; v = 0; l2 = 0; s2 = 0; guess = 0 }
	od
}

#define START	memory[WORD] = RUN + 16; memory[ID_TAIL] = 1; memory[LINE1] = 1; memory[VERSION(0)] = 1; \
		memory[ID(0)] = 1; run buffer(0); run writer(); run reader()
#endif

/* ---- 4: a block is given back, another process takes it --------------------------------------- */
#if PART == 4

#define STATE	0		/* 1 OWNED by the first, 2 FREE, 3 the second's */
#define CELL	1

bool published;

proctype first()		/* lost its race: "already final", then the thread ends */
{
	store(0, CELL, 1);
#ifndef NO_F1
	fence_full(0);		/* F1: release */
#endif
	memory[STATE] = 2
}

proctype second()
{
	d_step { memory[STATE] == 2 -> memory[STATE] = 3 };
	store(1, CELL, 2);
	fence_full(1);		/* W3 */
	published = true
}

proctype monitor()
{
	atomic { published && memory[CELL] != 2 -> assert(false) }	/* I5 */
}

#define START	memory[STATE] = 1; run buffer(0); run buffer(1); run first(); run second(); run monitor()
#endif

/* ---- 5: owner and word ------------------------------------------------------------------------ */
#if PART == 5

#define WORD	0		/* 1 CLAIM, 2 RUNNING, 4 LOST */
#define OWNER	1		/* 1 dead, 2 alive; what the slot's last record left is 1 */

proctype creator()
{
	store(0, OWNER, 2);
#ifndef NO_S1
	fence_full(0);		/* S1: release */
#endif
	memory[WORD] = 2
}

proctype sweeper()
{
	byte w, o;
	bool got_w, got_o;

	do
	:: d_step { !got_w -> w = memory[WORD]; got_w = true }
#ifdef NO_S2
	:: d_step { !got_o -> o = memory[OWNER]; got_o = true }
#else
	:: d_step { !got_o && got_w -> o = memory[OWNER]; got_o = true }
#endif
	:: got_w && got_o -> break
	od;
	if
	:: d_step { w == 2 && o == 1 && memory[WORD] == w -> assert(false); memory[WORD] = 4 }	/* I6 */
	:: else
	fi
}

#define START	memory[WORD] = 1; memory[OWNER] = 1; run buffer(0); run creator(); run sweeper()
#endif

/* ---- 6: the time at which a record was lost ---------------------------------------------------- */
#if PART == 6

#define WORD	0		/* 2 RUNNING, 4 LOST */
#define LOST_NS	1

proctype sweeper()
{
	store(0, LOST_NS, 1);
#ifndef NO_S3
	fence_full(0);		/* S3: release */
#endif
	memory[WORD] = 4
}

proctype reader()
{
	byte w, t;
	bool got_w, got_t;

	do
	:: d_step { !got_w -> w = memory[WORD]; got_w = true }
#ifdef NO_R1
	:: d_step { !got_t -> t = memory[LOST_NS]; got_t = true }
#else
	:: d_step { !got_t && got_w -> t = memory[LOST_NS]; got_t = true }
#endif
	:: got_w && got_t -> break
	od;
	assert(w != 4 || t == 1)
}

#define START	memory[WORD] = 2; run buffer(0); run sweeper(); run reader()
#endif

init {
	atomic {
		low[0] = 1; low[1] = 1; now[0] = 1; now[1] = 1;
		START
	}
}

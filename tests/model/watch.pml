/*
 * watch.pml - a record whose owner is dead: no revision of it is published after a reader has reported it lost.
 *
 * PROBLEM
 *	Readers store nothing and report a record lost as soon as they find its owner dead, long before a sweep
 *	says so in the slot's word. Other members may have the record open and update it. Each update of theirs
 *	cannot begin with a query of the owner, which is a few system calls, so that they rely on an earlier
 *	check for some time. How does a reader know that nobody relies on one?
 *
 * WHAT IS MODELLED (one record; WRITERS threads that are not the owner, in one member or in one each; a reader)
 *	owner	dies at any moment
 *	clock	ticks at any moment, TICKS times; a check may be relied on for less than CACHE ticks
 *	open	the pin, and with it: no check has been made since
 *	update	word; an entry of calls, or others + 1 if none is free (L1); the last check of the handle if it is recent,
 *		else until raised (L2), query; dead: the word becomes LOST; else the word is swapped; the entry is
 *		free again
 *	read	word; query; the clock, or "expired" if the owner was found dead CACHE ticks ago; the pins; each
 *		entry, others and until of each member that has one; the word again; unchanged: it is reported lost
 *	kill	of a member, with all its threads, at any step
 *
 * WHAT IS LEFT OUT, AND WHY THAT IS SOUND
 *	- How a revision is published: the swap is one step here. update.pml has the rest.
 *	- Closing a handle: a pin that is cleared later than the model's, which never is, only shortens what a reader
 *	  has to look at, and the last unpin comes after the end of the last call.
 *	- Calls on other records: their entries name other slots, which a reader of this one ignores. Their handles have
 *	  made checks of their own, and at most raise this until, too.
 *	- The cache of owners found dead: who finds the owner dead in it does nothing else than after a query.
 *	- Memory is sequentially consistent: L1 and L2 are locked operations, and the reader has a load fence between
 *	  the clock and the watch words.
 *	- The dead member's lock: the query answers as the kernel does, at one moment.
 *
 * INVARIANT
 *	I9  the revision that is reported lost is the last one: none was published since, and none is afterwards
 *
 * MUTANTS
 *	MUT_L1_LATE		the entry is taken after the check
 *	MUT_L1_EARLY_END	the entry is free again before the swap
 *	MUT_L2_LATE		until is raised after the end of the call
 *	MUT_L2_NONE		until is not raised
 *	MUT_CHECK_TIME_LATE	a check that found the owner alive counts from after the query
 *	MUT_DEAD_TIME_EARLY	a check that found the owner dead counts from before the query
 *	MUT_NOT_FIRST		a handle relies on a check from before its pin
 *	MUT_CLOCK_LATE		the reader loads the watch words before the clock
 *	MUT_WORD_ONCE		the reader does not load the word again
 *	MUT_PINS_EARLY		the reader loads pins and watch words before it finds the owner dead
 *	MUT_CALLS_IGNORED	the reader looks at until only
 *	MUT_OTHERS_IGNORED	the reader does not look at others
 *	MUT_ENTRY_IGNORED	the reader does not look at the last entry
 *	MUT_UNTIL_IGNORED	the reader looks at calls only
 *	MUT_REPORTED_REACHED	none: it shows that a record is reported lost, and updated before, at all
 */

#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef ONE_MEMBER
#define ONE_MEMBER 0	/* 1: the writers are threads of one process, which share a handle and a watch */
#endif
#ifndef UPDATES
#define UPDATES 2
#endif
#ifndef READS
#define READS 2
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifndef TICKS
#define TICKS 3
#endif
#define CACHE 1
#ifndef ENTRIES
#define ENTRIES 1	/* of calls, of each member: 1 or 2 */
#endif

#define MEMBERS 2
#define MEMBER(t) (ONE_MEMBER -> 0 : (t))

#define LOST 255
#define NONE 0
#define ALIVE 1
#define DEAD 2

bool owner_alive = true, reported = false;
byte clock = 0, word = 1, kills = 0;
bool member_dead[MEMBERS];
bool pinned[MEMBERS];
bool calls[MEMBERS * ENTRIES];
byte others[MEMBERS], until[MEMBERS];
byte cache[MEMBERS], cache_time[MEMBERS];	/* the last check of the member's handle */

proctype owner()
{
	owner_alive = false
}

proctype ticks()
{
	do
	:: clock < TICKS -> clock++
	:: clock == TICKS -> break
	od
}

proctype killer()
{
	do
	:: kills < KILLS -> atomic { if :: member_dead[0] = true :: member_dead[1] = true fi; kills++ }
	:: break
	od
}

/* Each step of a member that was killed blocks for ever. */
#define LIVES (!member_dead[m])

#ifdef MUT_L2_NONE
#define RAISES false
#else
#define RAISES true
#endif

inline raise_until(m, t)
{
	atomic { LIVES -> if :: until[m] < (t) + CACHE && RAISES -> until[m] = (t) + CACHE :: else fi }
}

inline keep(m, result, t)	/* a dead owner stays dead */
{
	atomic { LIVES -> if :: cache[m] != DEAD -> cache[m] = result; cache_time[m] = t :: else fi }
}

inline begin_call()	/* L1 */
{
	atomic { LIVES ->
		if
		:: !calls[m * ENTRIES] -> entry = 0; calls[m * ENTRIES] = true
#if ENTRIES == 2
		:: !calls[m * ENTRIES + 1] -> entry = 1; calls[m * ENTRIES + 1] = true
		:: calls[m * ENTRIES] && calls[m * ENTRIES + 1] -> entry = ENTRIES; others[m]++
#else
		:: else -> entry = ENTRIES; others[m]++
#endif
		fi
	}
}

inline end_call()
{
	atomic { LIVES ->
		if
		:: entry == ENTRIES -> others[m]--
		:: else -> calls[m * ENTRIES + entry] = false
		fi;
		entry = 0
	}
}

proctype writer(byte thread)
{
	byte m = MEMBER(thread), updates = 0, seen, t, result, checked = 0, entry = 0;

#ifdef MUT_NOT_FIRST
	/* a check for another handle, of another record, so that until of this one is not raised */
	atomic { LIVES -> t = clock }
	atomic { LIVES -> result = (owner_alive -> ALIVE : DEAD) }
	keep(m, result, t);
#endif
	atomic { LIVES -> pinned[m] = true; t = 0; result = NONE }
	do
	:: updates == UPDATES -> break
	:: updates < UPDATES ->
		updates++;
#ifndef MUT_L1_LATE
		begin_call();
#endif
		atomic { LIVES -> seen = word }
		if
		:: seen == LOST -> goto over
		:: else
		fi;
		/* the cached word and the clock are two loads */
		atomic { LIVES -> result = cache[m]; t = cache_time[m] }
		atomic { LIVES ->
			if
			:: result == DEAD
			:: result == ALIVE && clock - t < CACHE
			:: else -> result = NONE; t = clock
			fi
		}
		if
		:: result == NONE ->
#ifndef MUT_L2_LATE
			raise_until(m, t);	/* L2 */
#endif
			atomic { LIVES -> result = (owner_alive -> ALIVE : DEAD) }
#ifdef MUT_L2_LATE
			checked = t;
#endif
#ifndef MUT_CHECK_TIME_LATE
			if
			:: result == DEAD -> t = clock
			:: else
			fi;
#else
			t = clock;
#endif
			keep(m, result, t)
		:: else
		fi;
#ifdef MUT_L1_LATE
		begin_call();
#endif
		if
		:: result == DEAD ->
			atomic { LIVES -> if :: word == seen -> word = LOST :: else fi }
		:: else ->
#ifdef MUT_L1_EARLY_END
			end_call();
#endif
			atomic { LIVES ->
				if
				:: word == seen ->
					assert(!reported);	/* I9 */
					word++
				:: else
				fi
			}
		fi;
over:
#ifdef MUT_L1_EARLY_END
		if
		:: result == DEAD || seen == LOST -> end_call()
		:: else
		fi
#else
		end_call();
		atomic { LIVES -> seen = 0; t = 0; result = NONE }
#endif
#ifdef MUT_L2_LATE
		raise_until(m, checked)
#endif
	od
}

/* Does member m rely on a check? Each word is loaded by a step of its own, unless COARSE is defined. */
inline look(m)
{
#ifdef COARSE
	atomic {
#endif
	may = false;
	if
	:: pinned[m] ->
#ifndef MUT_CALLS_IGNORED
#if ENTRIES == 2 || !defined(MUT_ENTRY_IGNORED)
		may = calls[m * ENTRIES];
#endif
#if ENTRIES == 2 && !defined(MUT_ENTRY_IGNORED)
		may = may || calls[m * ENTRIES + 1];
#endif
#ifndef MUT_OTHERS_IGNORED
		may = may || others[m] > 0;
#endif
#endif
#ifndef MUT_UNTIL_IGNORED
		may = may || (!expired && now < until[m]);
#endif
		relied = relied || (may && !member_dead[m])
	:: else
	fi
#ifdef COARSE
	}
#endif
}

#ifdef MUT_WORD_ONCE
#define WORD_IS(seen) true
#else
#define WORD_IS(seen) (word == seen)
#endif

proctype reader()
{
	byte reads = 0, seen, now, dead_since = 0;
	bool found = false, expired, relied, may;
#ifdef MUT_CLOCK_LATE
	byte seen_until[MEMBERS];
	bool seen_writers[MEMBERS];
#endif

	do
	:: reads == READS -> break
	:: reads < READS ->
		reads++;
		relied = false; expired = false; now = 0;
		seen = word;
		if
		:: seen == LOST -> break
		:: else
		fi;
#ifdef MUT_PINS_EARLY
		now = clock;
		look(0);
		look(1);
#endif
		if
		:: !found ->
#ifdef MUT_DEAD_TIME_EARLY
			dead_since = clock;
			atomic { if :: !owner_alive -> found = true :: else fi }
#else
			atomic { if :: !owner_alive -> found = true :: else fi }
			dead_since = clock
#endif
		:: else
		fi;
		if
		:: !found
		:: else ->
#ifndef MUT_PINS_EARLY
#ifdef MUT_CLOCK_LATE
			atomic {
				seen_until[0] = until[0]; seen_writers[0] = pinned[0] && (calls[0] || others[0] > 0);
				seen_until[1] = until[1]; seen_writers[1] = pinned[1] && (calls[ENTRIES] || others[1] > 0)
			}
#endif
			atomic { now = clock; expired = (now - dead_since >= CACHE) }
#ifdef MUT_CLOCK_LATE
			relied = seen_writers[0] || seen_writers[1] || (!expired && (now < seen_until[0] || now < seen_until[1]));
#else
			look(0);
			look(1);
#endif
#endif
			if
			:: relied
			:: else ->
				if
				:: WORD_IS(seen) ->
					atomic { assert(word == seen || word == LOST); reported = true }	/* I9 */
				:: else
				fi
			fi
		fi;
		atomic { seen = 0; now = 0; expired = false; relied = false; may = false }
	od;
#ifdef MUT_REPORTED_REACHED
	assert(!(reported && word > 1))
#endif
}

init
{
	byte i;

	atomic {
		for (i : 0 .. WRITERS - 1) { run writer(i) }
		run reader();
		run owner();
		run ticks();
		run killer()
	}
}

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
 *	open	the pin, and with it: no check has been made since (hw__handle_watch: watched)
 *	update	word; writers + 1 (L1); the cached check if it is recent, else until raised (L2), query, cached;
 *		dead: the word becomes LOST; else the word is swapped; writers - 1
 *	read	word; query; the clock, or "expired" if the owner was found dead CACHE ticks ago; the pins; watch of
 *		each member that has one; the word again; unchanged: the record is reported lost
 *	kill	of a member, with all its threads, at any step
 *
 * WHAT IS LEFT OUT, AND WHY THAT IS SOUND
 *	- How a revision is published: the swap is one step here. update.pml has the rest.
 *	- Closing a handle: a pin that is cleared later than the model's, which never is, only shortens what a reader
 *	  has to look at, and the last unpin comes after writers - 1.
 *	- Memory is sequentially consistent: L1 and L2 are locked operations, and the reader has a load fence between
 *	  the clock and the watch words.
 *	- The dead member's lock: the query answers as the kernel does, at one moment.
 *
 * INVARIANT
 *	I9  the revision that is reported lost is the last one: none was published since, and none is afterwards
 *
 * MUTANTS
 *	MUT_L1_LATE		writers + 1 after the check
 *	MUT_L1_EARLY_END	writers - 1 before the swap
 *	MUT_L2_LATE		until is raised after writers - 1
 *	MUT_L2_NONE		until is not raised
 *	MUT_CHECK_TIME_LATE	a check that found the owner alive counts from after the query
 *	MUT_DEAD_TIME_EARLY	a check that found the owner dead counts from before the query
 *	MUT_NOT_FIRST		the first update of a handle relies on a check from before its pin
 *	MUT_CLOCK_LATE		the reader loads the watch words before the clock
 *	MUT_WORD_ONCE		the reader does not load the word again
 *	MUT_PINS_EARLY		the reader loads pins and watch words before it finds the owner dead
 *	MUT_WRITERS_IGNORED	the reader looks at until only
 *	MUT_UNTIL_IGNORED	the reader looks at writers only
 *	MUT_REPORTED_REACHED	none: it shows that a record is reported lost, and updated before, at all
 */

#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef ONE_MEMBER
#define ONE_MEMBER 0	/* 1: the writers are threads of one process, which share a cache and a watch word */
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
/* EARLIER: each writer has updated another record of the same owner before it opens this one */

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
byte writers[MEMBERS], until[MEMBERS];
byte cache[MEMBERS], cache_time[MEMBERS];	/* of the checks that the watch word covers */

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

proctype writer(byte thread)
{
	byte m = MEMBER(thread), updates = 0, seen, t, result, checked = 0;
	bool first = true;

#ifdef EARLIER
	/* an update of another record of that owner, whose pin says nothing of this one */
	atomic { LIVES -> t = clock }
	raise_until(m, t);
	atomic { LIVES -> result = (owner_alive -> ALIVE : DEAD) }
	if
	:: result == DEAD -> t = clock
	:: else
	fi;
	keep(m, result, t);
#endif
	atomic { LIVES -> pinned[m] = true; t = 0; result = NONE }
	do
	:: updates == UPDATES -> break
	:: updates < UPDATES ->
		updates++;
#ifndef MUT_L1_LATE
		atomic { LIVES -> writers[m]++ }	/* L1 */
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
#ifdef MUT_NOT_FIRST
			:: result == ALIVE && clock - t < CACHE
#else
			:: result == ALIVE && !first && clock - t < CACHE
#endif
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
			keep(m, result, t);
			first = false
		:: else
		fi;
#ifdef MUT_L1_LATE
		atomic { LIVES -> writers[m]++ }
#endif
		if
		:: result == DEAD ->
			atomic { LIVES -> if :: word == seen -> word = LOST :: else fi }
		:: else ->
#ifdef MUT_L1_EARLY_END
			atomic { LIVES -> writers[m]-- }
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
		:: result == DEAD || seen == LOST -> atomic { LIVES -> writers[m]-- }
		:: else
		fi
#else
		atomic { LIVES -> writers[m]--; seen = 0; t = 0; result = NONE }
#endif
#ifdef MUT_L2_LATE
		raise_until(m, checked)
#endif
	od
}

/* Does member m rely on a check? */
#if defined(MUT_WRITERS_IGNORED)
#define RELIES(m) (!expired && now < until[m])
#elif defined(MUT_UNTIL_IGNORED)
#define RELIES(m) (writers[m] > 0)
#else
#define RELIES(m) (writers[m] > 0 || (!expired && now < until[m]))
#endif

inline look(m)
{
	atomic {
		if
		:: pinned[m] && !member_dead[m] && RELIES(m) -> relied = true
		:: else
		fi
	}
}

#ifdef MUT_WORD_ONCE
#define WORD_IS(seen) true
#else
#define WORD_IS(seen) (word == seen)
#endif

proctype reader()
{
	byte reads = 0, seen, now, dead_since = 0;
	bool found = false, expired, relied;
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
				seen_until[0] = until[0]; seen_writers[0] = pinned[0] && writers[0] > 0;
				seen_until[1] = until[1]; seen_writers[1] = pinned[1] && writers[1] > 0
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
		seen = 0; now = 0; expired = false; relied = false
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

/* SPDX-License-Identifier: BSD-3-Clause */
/* How a record ends when its object is destroyed: normally, by an exception, in a child. */
#include "check.hpp"

#include <future>
#include <memory>
#include <vector>

static test_arena *arena;
static headway::id last;

static headway::record start()
{
	headway::record r = arena->start({"ends"});

	last = r.id();
	return r;
}

#define CHECK_ENDED(status_, text)                                                                 \
	do {                                                                                       \
		CHECK_IS(arena->status(last), status_);                                            \
		CHECK_IS(arena->said(last, "Error"), text);                                        \
	} while (0)

static void ends_without_exception()
{
	{
		headway::record r = start();
	}
	CHECK_ENDED(HEADWAY_ERROR, "abandoned: its object was destroyed");
	{
		headway::record r = start();
		r.finish();
	}
	CHECK_ENDED(HEADWAY_FINISHED, "(none)");
	{
		headway::record r = start();
		r.error("mine");
	}
	CHECK_ENDED(HEADWAY_ERROR, "mine");
	{
		headway::record r = start();
		r.detach();
		r.add();
	}
	CHECK_ENDED(HEADWAY_RUNNING, "(none)");
	{
		headway::record r = arena->resume(last);
		r.add();
	}
	CHECK_ENDED(HEADWAY_RUNNING, "(none)");
	arena->resume(last).finish();
	{
		headway::spec what;
		what.flags = HEADWAY_DETACHED;
		headway::record r = arena->start(what);
		last = r.id();
	}
	CHECK_ENDED(HEADWAY_RUNNING, "(none)");
	{
		headway::spec what;
		what.owner_pid = getpid();
		headway::record r = arena->start(what);
		last = r.id();
	}
	CHECK_ENDED(HEADWAY_RUNNING, "(none)");
}

static void moves()
{
	headway::record kept;
	{
		headway::record r = start();
		kept = std::move(r);
		CHECK(!r);
	}
	CHECK_ENDED(HEADWAY_RUNNING, "(none)");
	const headway::id first = last;
	headway::record second = start();
	std::swap(kept, second);
	CHECK_IS(kept.id(), last);
	CHECK_IS(arena->status(first), HEADWAY_RUNNING);
	headway::record &same = kept;
	kept = std::move(same);
	CHECK_ENDED(HEADWAY_RUNNING, "(none)");
	kept = headway::record();
	CHECK_ENDED(HEADWAY_ERROR, "abandoned: its object was destroyed");
	second.finish();
}

/* A child's copy of an object does not end the owner's record. */
static void a_child_leaves_it_alone()
{
	headway::record r = start();
	pid_t child = fork();
	int status = -1;

	if (!child) {
		r.add();
		r = headway::record();
		_exit(0);
	}
	CHECK_IS(waitpid(child, &status, 0), child);
	CHECK_IS(status, 0);
	CHECK_ENDED(HEADWAY_RUNNING, "(none)");
	CHECK_IS(arena->read(last).done(), 1u);
	r.finish();
}

#if defined(__cpp_exceptions)
struct own : std::exception {
	const char *what() const noexcept override { return "one of ours"; }
};
struct base {
	virtual ~base() = default;
	int n = 5;
};
struct deep : base, std::runtime_error {
	deep() : std::runtime_error("from the second base") {}
};
struct unknown {
};

template <class T> [[noreturn]] __attribute__((noinline)) static void throw_it(const T &thrown)
{
	throw thrown;
}

template <class T> static void ends_because_of(const T &thrown, const char *text)
{
	try {
		headway::record r = start();
		throw_it(thrown);
	} catch (...) {
	}
	CHECK_ENDED(HEADWAY_ERROR, text);
}

static void every_kind_of_exception()
{
	ends_because_of(std::runtime_error("disk full"), "disk full");
	ends_because_of(own(), "one of ours");
	ends_because_of(deep(), "from the second base");
	ends_because_of(headway::error(-ENOSPC, "here"),
			"here: no room: the arena (or its file system) is full");
	ends_because_of("a literal", "a literal");
	ends_because_of(std::string("a string"), "a string");
	ends_because_of(5, "exception of type int");
	ends_because_of(unknown(), "exception of type unknown");
	ends_because_of(std::runtime_error(std::string(2000, 'x')), std::string(511, 'x').c_str());
	ends_because_of(std::runtime_error(""), "");
}

struct job {
	headway::record record = start();
	std::vector<int> work = std::vector<int>(100, 1);
};

/* The record may be anywhere: the frame that unwinds is further out. */
static void held_by_others()
{
	try {
		auto held = std::make_unique<job>();
		throw_it(std::runtime_error("by a pointer"));
	} catch (...) {
	}
	CHECK_ENDED(HEADWAY_ERROR, "by a pointer");
	try {
		std::vector<job> jobs(3);
		throw_it(std::runtime_error("in a vector"));
	} catch (...) {
	}
	CHECK_ENDED(HEADWAY_ERROR, "in a vector");
	try {
		auto held = std::make_shared<std::vector<std::unique_ptr<job>>>();
		held->push_back(std::make_unique<job>());
		throw_it(std::runtime_error("deep inside"));
	} catch (...) {
	}
	CHECK_ENDED(HEADWAY_ERROR, "deep inside");
}

__attribute__((noinline)) static int many_values(int n)
{
	headway::record r = start();
	volatile int values[64] = {};
	int sum = 0;

	for (int k = 0; k < 64; k++)
		values[k] = k * n;
	if (n == 3)
		throw_it(std::runtime_error("from below"));
	sum = n ? many_values(n + 1) : 0;
	for (int k = 0; k < 64; k++)
		sum += values[k];
	r.finish();
	return sum;
}

/* The record of each frame gets the text, whatever else is in the frame. */
static void every_frame()
{
	int below = 0;

	try {
		many_values(1);
	} catch (...) {
	}
	arena->each([&](const headway::snapshot &s) {
		below += s.messages()["Error"].value_or("") == "from below";
	});
	CHECK_IS(below, 3);
}

/* Several exceptions at once, or one after another: the text is that of the one that unwinds. */
static void the_right_one()
{
	headway::id inner;

	try {
		throw std::runtime_error("first");
	} catch (const std::exception &) {
		try {
			headway::record r = start();
			throw_it(std::logic_error("second"));
		} catch (...) {
		}
		CHECK_ENDED(HEADWAY_ERROR, "second");
		try {
			headway::record r = start();
			throw;
		} catch (...) {
		}
		CHECK_ENDED(HEADWAY_ERROR, "first");
		headway::record r = start();
	}
	CHECK_ENDED(HEADWAY_ERROR, "abandoned: its object was destroyed");
	struct cleans_up {
		headway::id &inner;
		~cleans_up()
		{
			try {
				headway::record r = start();
				inner = last;
				throw_it(std::runtime_error("while cleaning up"));
			} catch (...) {
			}
			headway::record finished = start();
			finished.finish();
			headway::record left = start();
		}
	};
	headway::id outer;
	try {
		headway::record r = start();
		outer = last;
		cleans_up c{inner};
		throw_it(std::runtime_error("outer"));
	} catch (...) {
	}
	CHECK_ENDED(HEADWAY_ERROR, "abandoned: its object was destroyed");
	/* If both are caught in one frame, it is unknown which of them unwinds. */
	const std::string said = arena->said(inner, "Error");
	CHECK(said == "while cleaning up" || said == "ended by an exception");
	CHECK_IS(arena->said(outer, "Error"), "outer");
	for (int k = 0; k < 20; k++) {
		const std::string text = "number " + std::to_string(k);
		try {
			headway::record r = start();
			throw_it(std::runtime_error(text));
		} catch (...) {
		}
		CHECK_ENDED(HEADWAY_ERROR, text);
	}
}

/* Thrown in another thread, by a future; and again, from a pointer. */
static void from_elsewhere()
{
	auto broken = std::async(std::launch::async,
				 [] { throw_it(std::runtime_error("far away")); });

	try {
		headway::record r = start();
		broken.get();
	} catch (...) {
	}
	CHECK_ENDED(HEADWAY_ERROR, "far away");
	std::exception_ptr kept;
	try {
		headway::record r = start();
		throw_it(std::runtime_error("kept"));
	} catch (...) {
		kept = std::current_exception();
	}
	CHECK_ENDED(HEADWAY_ERROR, "kept");
	for (int k = 0; k < 2; k++) {
		try {
			headway::record r = start();
			std::rethrow_exception(kept);
		} catch (const std::exception &e) {
			CHECK_IS(std::string(e.what()), "kept");
		}
		CHECK_ENDED(HEADWAY_ERROR, "kept");
	}
}

static void loops()
{
	const std::vector<int> numbers{1, 2, 3};

	try {
		for (int x : headway::track(*arena, numbers, {"a loop"}))
			if (x == 2)
				throw_it(std::runtime_error("two"));
	} catch (...) {
	}
	int seen = 0;
	arena->each([&](const headway::snapshot &s) {
		if (s.name() != "a loop")
			return;
		seen++;
		CHECK_IS(s.status(), HEADWAY_ERROR);
		CHECK_IS(s.done(), 1u);
		CHECK_IS(s.messages()["Error"].value_or(""), "two");
	});
	CHECK_IS(seen, 1);
}
#endif

int main()
{
	alarm(120);
	headway::options o;
	o.slots = 512;
	arena = new test_arena(o);
	ends_without_exception();
	moves();
	a_child_leaves_it_alone();
#if defined(__cpp_exceptions)
	every_kind_of_exception();
	held_by_others();
	every_frame();
	the_right_one();
	from_elsewhere();
	loops();
#endif
	delete arena;
	return failures != 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Arenas: where records are started, read, waited for and cleaned up.  Included by <headway.hpp>. */
#ifndef HEADWAY_ARENA_HPP
#define HEADWAY_ARENA_HPP

#include "record.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <functional>
#include <limits>
#include <type_traits>

#if __cplusplus > 202002L && __has_include(<expected>)
#include <expected>
#endif

namespace headway
{

/* How to open or make an arena: see struct headway_options.  0 and NULL stand for its defaults. */
struct options {
	unsigned flags = 0; /* HEADWAY_CREATE, HEADWAY_EXCLUSIVE, HEADWAY_READ_ONLY, … */
	std::uint32_t slots = 0;
	std::uint64_t bytes = 0;
	std::uint32_t members = 0, mode = 0;
	const char *group = nullptr, *base_path = nullptr;
	std::uint32_t ttl_seconds = 0, error_ttl_seconds = 0;
};

/* arena(closed) makes an object that has no arena open. */
struct closed_t {
};
inline constexpr closed_t closed{};

class arena
{
public:
	/* name: as headway_open() takes it; NULL is $HEADWAY_ARENA or /headway. */
	arena() : arena(nullptr) {}
	explicit arena(const char *name, const options &how = {}) { open(name, how); }
	explicit arena(const std::string &name, const options &how = {})
	{
		open(name.c_str(), how);
	}
	explicit arena(closed_t) noexcept {}
	arena(arena &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
	arena &operator=(arena &&other) noexcept
	{
		std::swap(handle_, other.handle_);
		return *this;
	}
	arena(const arena &) = delete;
	arena &operator=(const arena &) = delete;
	~arena() { close(); }

	explicit operator bool() const noexcept { return handle_ != nullptr; }
	headway_arena *get() const noexcept { return handle_; }

	void open(const char *name = nullptr, const options &how = {})
	{
		detail::checked(try_open(name, how), "headway_open");
	}
	int try_open(const char *name = nullptr, const options &how = {}) noexcept
	{
		headway_options o = {};
		headway_arena *opened = nullptr;

		o.size = sizeof o;
		o.flags = how.flags;
		o.slots = how.slots;
		o.bytes = how.bytes;
		o.members = how.members;
		o.mode = how.mode;
		o.group = how.group;
		o.base_path = how.base_path;
		o.ttl_seconds = how.ttl_seconds;
		o.error_ttl_seconds = how.error_ttl_seconds;
		if (int code = headway_open(name, &o, &opened))
			return code;
		close();
		handle_ = opened;
		return 0;
	}
	/* Running records that were started here become Error; destroy their objects first. */
	void close() noexcept { headway_close(std::exchange(handle_, nullptr)); }

	record start(const spec &what = {})
	{
		record r;

		detail::checked(try_start(what, r), "headway_start");
		return r;
	}
	int try_start(const spec &what, record &out) noexcept
	{
		const char *counters[std::tuple_size<decltype(what.counters)>::value + 1] = {};
		detail::terminated name(what.name), unit(what.unit), history(what.history);
		headway_spec s = {};
		headway_record *handle = nullptr;

		if (name.error() || unit.error())
			return name.error() ? name.error() : unit.error();
		if (history.error())
			return history.error();
		if (what.ttl.count() < 0 || what.ttl.count() > UINT32_MAX || what.owner_pid < 0)
			return -EINVAL;
		std::copy(what.counters.begin(), what.counters.end(), counters);
		s.size = sizeof s;
		s.flags = what.flags;
		s.name = name.c_str();
		s.unit = unit.c_str();
		s.parent = what.parent ? what.parent->get() : nullptr;
		s.total = what.total;
		s.counters = counters;
		s.ttl_seconds = static_cast<std::uint32_t>(what.ttl.count());
		s.owner_pid = static_cast<std::uint32_t>(what.owner_pid);
		s.history = what.history.empty() ? nullptr : history.c_str();
		if (int code = headway_start(handle_, &s, &handle))
			return code;
		out = record(handle, !(what.flags & HEADWAY_DETACHED) && !what.owner_pid);
		return 0;
	}
	/* Opens a record that somebody started.  Destroying it does not end the record. */
	record resume(const id &which)
	{
		record r;

		detail::checked(try_resume(which, r), "headway_resume");
		return r;
	}
	int try_resume(const id &which, record &out) noexcept
	{
		headway_record *handle = nullptr;

		if (int code = headway_resume(handle_, which.get(), &handle))
			return code;
		out = record(handle, false);
		return 0;
	}

	snapshot read(const id &which) const
	{
		snapshot s;

		read(which, s);
		return s;
	}
	/* Reads into an existing snapshot and uses its memory again. */
	void read(const id &which, snapshot &into) const
	{
		detail::checked(try_read(which, into), "headway_read");
	}
	int try_read(const id &which, snapshot &into) const noexcept
	{
		if (into.lent_)
			return -EINVAL;
		return headway_read(handle_, which.get(), &into.s_);
	}

	/*
	 * Calls f(const snapshot &) for every record, and returns how many it was called for.  The walk ends
	 * early when f returns false or an int other than 0 (it may also return nothing), or throws; the
	 * exception is thrown from here.
	 */
	template <class F> std::size_t each(F &&f) const
	{
		using walk_of = walk<std::remove_reference_t<F>>;
		walk_of w = {&f, nullptr, 0, false};
		int code = headway_each(handle_, walk_of::step, &w);

#if defined(__cpp_exceptions)
		if (w.thrown)
			std::rethrow_exception(w.thrown);
#endif
		if (!w.ended)
			detail::checked(code, "headway_each");
		return w.seen;
	}

	/* Blocks until the record is over, and returns its final status; ETIMEDOUT after the time given, which
	 * is rounded up to milliseconds. */
	int wait(const id &which) const
	{
		return detail::checked(headway_wait(handle_, which.get(), -1), "headway_wait");
	}
	template <class Rep, class Period>
	int wait(const id &which, std::chrono::duration<Rep, Period> timeout) const
	{
		return detail::checked(try_wait(which, timeout), "headway_wait");
	}
	template <class Rep, class Period>
	int try_wait(const id &which, std::chrono::duration<Rep, Period> timeout) const noexcept
	{
		return headway_wait(handle_, which.get(), milliseconds(timeout));
	}

	/* Sweeps dead members, marks records of dead owners lost, and frees expired records. */
	headway_reap_report reap(headway_reap_policy policy = {}) const
	{
		headway_reap_report report = {};

		detail::checked(try_reap(policy, report), "headway_reap");
		return report;
	}
	int try_reap(headway_reap_policy policy, headway_reap_report &report) const noexcept
	{
		policy.size = sizeof policy;
		report.size = sizeof report;
		return headway_reap(handle_, &policy, &report);
	}
	/* Asks a record's owner to stop; EALREADY if the record is over, EINVAL if the reason contains a NUL. */
	void cancel(const id &which, std::string_view reason = {})
	{
		detail::checked(try_cancel(which, reason), "headway_cancel");
	}
	int try_cancel(const id &which, std::string_view reason = {}) noexcept
	{
		detail::terminated text(reason);

		return text.error() ? text.error()
				    : headway_cancel(handle_, which.get(), text.c_str());
	}
	/* Ends and frees an abandoned record; EBUSY if its owner lives or a process has it open. */
	void remove(const id &which) const
	{
		detail::checked(headway_remove(handle_, which.get()), "headway_remove");
	}
	headway_fsck_report fsck() const
	{
		headway_fsck_report report = {};

		report.size = sizeof report;
		detail::checked(headway_fsck(handle_, &report), "headway_fsck");
		return report;
	}
	struct headway_info info() const
	{
		struct headway_info info = {};

		info.size = sizeof info;
		detail::checked(headway_info(handle_, &info), "headway_info");
		return info;
	}
	/* Removes the arena's name; processes that have it open can go on using it. */
	static void unlink(const char *name)
	{
		detail::checked(headway_unlink(name), "headway_unlink");
	}
	static int try_unlink(const char *name) noexcept
	{
		return headway_unlink(name);
	}

#if defined(__cpp_lib_expected)
	/* As start(), resume() and read(); try_make() as the constructor. */
	template <class T> using expected = std::expected<T, std::error_code>;

	static expected<arena> try_make(const char *name = nullptr,
					const options &how = {}) noexcept
	{
		arena a(closed);

		return expect(a.try_open(name, how), a);
	}
	expected<record> try_start(const spec &what = {}) noexcept
	{
		record r;

		return expect(try_start(what, r), r);
	}
	expected<record> try_resume(const id &which) noexcept
	{
		record r;

		return expect(try_resume(which, r), r);
	}
	expected<snapshot> try_read(const id &which) const noexcept
	{
		snapshot s;

		return expect(try_read(which, s), s);
	}
#endif

private:
#if defined(__cpp_lib_expected)
	template <class T> static expected<T> expect(int code, T &value) noexcept
	{
		if (code < 0)
			return std::unexpected(make_error_code(code));
		return std::move(value);
	}
#endif

	/* Rounded up; -1, which is for ever, for more than an int can hold. */
	template <class Rep, class Period>
	static int milliseconds(std::chrono::duration<Rep, Period> timeout) noexcept
	{
		using longest = std::chrono::duration<long double, std::milli>;
		long double ms = std::ceil(longest(timeout).count());

		if (!(ms > 0))
			return 0;
		return ms > static_cast<long double>(std::numeric_limits<int>::max())
			       ? -1
			       : static_cast<int>(ms);
	}

	/* Between f and each() are frames of the C library, through which no exception may pass. */
	template <class F> struct walk {
		F *f;
		std::exception_ptr thrown;
		std::size_t seen;
		bool ended;

		bool goes_on(const snapshot &s)
		{
			using result = std::invoke_result_t<F &, const snapshot &>;

			if constexpr (std::is_void_v<result>) {
				std::invoke(*f, s);
				return true;
			} else if constexpr (std::is_same_v<result, bool>) {
				return std::invoke(*f, s);
			} else {
				return std::invoke(*f, s) == 0;
			}
		}
		static int step(const headway_snapshot *lent, void *argument) noexcept
		{
			walk *w = static_cast<walk *>(argument);
			const snapshot s(lent);

			w->seen++;
#if defined(__cpp_exceptions)
			try {
				w->ended = !w->goes_on(s);
			} catch (...) {
				w->thrown = std::current_exception();
				w->ended = true;
			}
#else
			w->ended = !w->goes_on(s);
#endif
			return w->ended;
		}
	};

	headway_arena *handle_ = nullptr;
};

} // namespace headway

#endif

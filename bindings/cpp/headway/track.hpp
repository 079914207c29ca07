/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops that are records.  Included by <headway.hpp>. */
#ifndef HEADWAY_TRACK_HPP
#define HEADWAY_TRACK_HPP

#include "arena.hpp"

#include <iterator>

namespace headway
{

/* The arena that $HEADWAY_ARENA names, or /headway: opened at its first use, and never closed.  Throws as
 * arena::open() does; a later call tries again. */
inline arena &default_arena()
{
	static arena &the_one = *new arena;

	return the_one;
}

/*
 * A range with a record that counts the steps of a loop over it.  At the loop's end, also when it is left
 * early, the record becomes Finished; when an exception leaves the loop, Error.  If another program ends the
 * record, the loop goes on.
 */
template <class Range> class tracked
{
public:
	using begin_type = decltype(std::begin(std::declval<Range &>()));
	using end_type = decltype(std::end(std::declval<Range &>()));

	class iterator
	{
	public:
		using iterator_category = std::input_iterator_tag;
		using value_type = std::decay_t<decltype(*std::declval<begin_type &>())>;
		using difference_type = std::ptrdiff_t;
		using pointer = void;
		using reference = decltype(*std::declval<begin_type &>());

		iterator(begin_type at, headway::record *record)
		    : at_(std::move(at)), record_(record)
		{
		}

		reference operator*() { return *at_; }
		iterator &operator++()
		{
			++at_;
			record_->try_add();
			return *this;
		}
		iterator operator++(int)
		{
			iterator before = *this;

			++*this;
			return before;
		}
		bool is_at(const end_type &end) const { return !(at_ != end); }

	private:
		begin_type at_;
		headway::record *record_;
	};
	class sentinel
	{
	public:
		explicit sentinel(end_type end) : end_(std::move(end)) {}
		friend bool operator!=(const iterator &i, const sentinel &s)
		{
			return !i.is_at(s.end_);
		}
		friend bool operator==(const iterator &i, const sentinel &s)
		{
			return i.is_at(s.end_);
		}

	private:
		end_type end_;
	};

	tracked(headway::record record, Range &&range)
	    : range_(std::forward<Range>(range)), record_(std::move(record)),
	      unwinding_(std::uncaught_exceptions())
	{
	}
	tracked(const tracked &) = delete;
	tracked &operator=(const tracked &) = delete;
	~tracked()
	{
		if (std::uncaught_exceptions() <= unwinding_)
			record_.try_finish();
	}

	iterator begin() { return {std::begin(range_), &record_}; }
	sentinel end() { return sentinel(std::end(range_)); }
	/* The loop's record, for messages and so on. */
	headway::record &record() noexcept { return record_; }

private:
	Range range_; /* a reference if track() was given an lvalue */
	headway::record record_;
	int unwinding_;
};

namespace detail
{
template <class Range, class = void> struct size_of {
	static std::uint64_t get(const Range &) { return 0; }
};
template <class Range>
struct size_of<Range, std::void_t<decltype(std::size(std::declval<const Range &>()))>> {
	static std::uint64_t get(const Range &range)
	{
		return static_cast<std::uint64_t>(std::size(range));
	}
};
} // namespace detail

/* for (auto &&x : headway::track(range, "name")): if no total is given, it is the range's size where
 * std::size() has it. */
template <class Range> tracked<Range> track(arena &in, Range &&range, spec what = {})
{
	if (!what.total)
		what.total = detail::size_of<std::remove_reference_t<Range>>::get(range);
	return {in.start(what), std::forward<Range>(range)};
}
template <class Range> tracked<Range> track(Range &&range, spec what)
{
	return track(default_arena(), std::forward<Range>(range), std::move(what));
}
template <class Range> tracked<Range> track(Range &&range, std::string_view name = {})
{
	spec what;

	what.name = name;
	return track(default_arena(), std::forward<Range>(range), std::move(what));
}

} // namespace headway

#endif

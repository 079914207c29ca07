/* SPDX-License-Identifier: BSD-3-Clause */
/* Records that are open for writing.  Included by <headway.hpp>. */
#ifndef HEADWAY_RECORD_HPP
#define HEADWAY_RECORD_HPP

#include "snapshot.hpp"
#include "unwinding.hpp"

#include <array>
#include <chrono>
#include <initializer_list>
#include <unistd.h>

namespace headway
{

/* What a new record is: see struct headway_spec. */
struct spec {
	std::string_view name = {}, unit = {};
	std::uint64_t total = 0;
	std::optional<headway::id> parent = {}; /* none: $HEADWAY_PARENT's */
	unsigned flags = 0; /* HEADWAY_DETACHED, HEADWAY_STRIPED, HEADWAY_ROOT */
	std::array<const char *, 6> counters = {}; /* names; NULL: no more */
	std::chrono::seconds ttl = {};             /* 0 = the policy's */
	pid_t owner_pid = 0;                       /* 0 = the caller */
	std::string_view history =
		{}; /* name under which earlier runs are remembered; empty: none */
};

namespace detail
{
/* headway_update() needs texts with a NUL at their end: copies them into one allocation. */
inline int update(headway_record *handle, const message *from, std::size_t count) noexcept
{
	std::size_t bytes = count * sizeof(struct headway_message);
	int code = -ENOMEM;

	for (std::size_t i = 0; i < count; i++) {
		if (from[i].key.find('\0') != from[i].key.npos ||
		    from[i].value.find('\0') != from[i].value.npos)
			return -EINVAL;
		bytes += from[i].key.size() + from[i].value.size() + 2;
	}
	if (auto *to = static_cast<struct headway_message *>(std::malloc(bytes + 1))) {
		char *at = reinterpret_cast<char *>(to + count);
		auto put = [&at](std::string_view text) noexcept {
			char *begin = at;

			if (!text.empty())
				std::memcpy(at, text.data(), text.size());
			at[text.size()] = '\0';
			at += text.size() + 1;
			return begin;
		};

		for (std::size_t i = 0; i < count; i++) {
			to[i].key = put(from[i].key);
			to[i].value = put(from[i].value);
		}
		code = headway_update(handle, to, count);
		std::free(to);
	}
	return code;
}
} // namespace detail

/* A record that is open for writing.  <headway.hpp> says what happens when its object is destroyed. */
class record
{
public:
	/* No record: calls fail with EINVAL. */
	record() noexcept = default;
	record(record &&other) noexcept
	    : handle_(std::exchange(other.handle_, nullptr)), ends_in_(other.ends_in_),
	      unwinding_(std::uncaught_exceptions())
	{
	}
	record &operator=(record &&other) noexcept
	{
		if (this != &other) {
			end();
			handle_ = std::exchange(other.handle_, nullptr);
			ends_in_ = other.ends_in_;
			unwinding_ = std::uncaught_exceptions();
		}
		return *this;
	}
	record(const record &) = delete;
	record &operator=(const record &) = delete;
	~record() { end(); }

	explicit operator bool() const noexcept { return handle_ != nullptr; }
	/* For calls of the C library. */
	headway_record *get() const noexcept { return handle_; }

	/* The record stays Running when this object is destroyed; this process stays its owner. */
	void detach() noexcept { ends_in_ = 0; }

	headway::id id() const
	{
		headway_id bytes;

		detail::checked(headway_get_id(handle_, &bytes), "headway_get_id");
		return bytes;
	}
	/* HEADWAY_RUNNING, HEADWAY_FINISHED or HEADWAY_ERROR. */
	int status() const { return detail::checked(headway_status(handle_), "headway_status"); }
	int try_status() const noexcept { return headway_status(handle_); }
	/* Whether the owner was asked to stop.  Inline, wait-free. */
	bool cancelled() const
	{
		return detail::checked(try_cancelled(), "headway_is_cancelled") != 0;
	}
	int try_cancelled() const noexcept { return headway_is_cancelled(handle_); }

	/* ---- counters: inline, wait-free */
	int try_add(std::uint64_t n = 1) noexcept { return headway_add(handle_, n); }
	int try_add(unsigned counter, std::uint64_t n) noexcept
	{
		return headway_counter_add(handle_, counter, n);
	}
	int try_set(std::uint64_t done) noexcept { return headway_set(handle_, done); }
	int try_total(std::uint64_t total) noexcept { return headway_set_total(handle_, total); }
	void add(std::uint64_t n = 1) { detail::checked(try_add(n), "headway_add"); }
	/* Adds n to a named counter, 0 to 5 in the order of the spec. */
	void add(unsigned counter, std::uint64_t n)
	{
		detail::checked(try_add(counter, n), "headway_counter_add");
	}
	void set(std::uint64_t done) { detail::checked(try_set(done), "headway_set"); }
	void total(std::uint64_t total) { detail::checked(try_total(total), "headway_set_total"); }

	/* ---- messages, results, url, end.  A NUL in a text is EINVAL. */
	int try_message(std::string_view key, std::string_view value) noexcept
	{
		return headway_message_n(handle_, key.data(), key.size(), value.data(),
					 value.size());
	}
	/* Sets several messages in one step: a reader sees all of them or none.  Allocates. */
	int try_update(std::initializer_list<headway::message> messages) noexcept
	{
		return try_update(messages.begin(), messages.size());
	}
	int try_update(const headway::message *messages, std::size_t count) noexcept
	{
		return detail::update(handle_, messages, count);
	}
	int try_results(std::string_view json) noexcept
	{
		return headway_results(handle_, json.data(), json.size());
	}
	int try_url(std::string_view url) noexcept
	{
		detail::terminated text(url);

		return text.error() ? text.error() : headway_url(handle_, text.c_str());
	}
	int try_finish() noexcept { return headway_finish(handle_); }
	int try_finish(std::string_view json) noexcept
	{
		return headway_finish_with_results(handle_, json.data(), json.size());
	}
	/* The text becomes the message "Error"; a default std::string_view adds no message. */
	int try_error(std::string_view text) noexcept
	{
		detail::terminated message(text);

		return message.error() ? message.error() : headway_error(handle_, message.c_str());
	}
	void message(std::string_view key, std::string_view value)
	{
		detail::checked(try_message(key, value), "headway_message");
	}
	void update(std::initializer_list<headway::message> messages)
	{
		detail::checked(try_update(messages), "headway_update");
	}
	void results(std::string_view json)
	{
		detail::checked(try_results(json), "headway_results");
	}
	void url(std::string_view url) { detail::checked(try_url(url), "headway_url"); }
	void finish() { detail::checked(try_finish(), "headway_finish"); }
	void finish(std::string_view json)
	{
		detail::checked(try_finish(json), "headway_finish_with_results");
	}
	void error(std::string_view text) { detail::checked(try_error(text), "headway_error"); }

private:
	friend class arena;

	record(headway_record *handle, bool is_ours) noexcept
	    : handle_(handle), ends_in_(is_ours ? getpid() : 0),
	      unwinding_(std::uncaught_exceptions())
	{
	}

	void end() noexcept
	{
		if (handle_ && ends_in_ && headway_status(handle_) == HEADWAY_RUNNING &&
		    ends_in_ == getpid())
			abandon();
		headway_release(handle_);
		handle_ = nullptr;
	}
	__attribute__((cold, noinline)) void abandon() noexcept
	{
		char text[512];

		if (std::uncaught_exceptions() <= unwinding_)
			headway_error(handle_, "abandoned: its object was destroyed");
		else if (detail::thrown_text(text, sizeof text))
			headway_error(handle_, text);
		else
			headway_error(handle_, "ended by an exception");
	}

	headway_record *handle_ = nullptr;
	pid_t ends_in_ = 0; /* the process in which this object ends the record; 0: in none */
	int unwinding_ = 0; /* uncaught exceptions when this object got the record */
};

} // namespace headway

#endif

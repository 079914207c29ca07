/* SPDX-License-Identifier: BSD-3-Clause */
/* Ids and snapshots.  Included by <headway.hpp>. */
#ifndef HEADWAY_SNAPSHOT_HPP
#define HEADWAY_SNAPSHOT_HPP

#include "error.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace headway
{

class id
{
public:
	id() noexcept : bytes_{} {}
	id(const headway_id &bytes) noexcept : bytes_(bytes) {}
	/* From 36 characters in either case; throws EINVAL. */
	explicit id(std::string_view text) : bytes_{}
	{
		detail::checked(try_parse(text), "headway::id");
	}

	/* As the constructor; on failure nothing changes. */
	int try_parse(std::string_view text) noexcept
	{
		char copy[HEADWAY_ID_TEXT];

		if (text.size() != sizeof copy - 1)
			return -EINVAL;
		std::memcpy(copy, text.data(), sizeof copy - 1);
		copy[sizeof copy - 1] = '\0';
		return headway_parse_id(copy, &bytes_);
	}

	std::string str() const
	{
		char text[HEADWAY_ID_TEXT];

		headway_format_id(&bytes_, text);
		return {text, sizeof text - 1};
	}
	const headway_id *get() const noexcept { return &bytes_; }
	operator const headway_id &() const noexcept { return bytes_; }

	friend bool operator==(const id &a, const id &b) noexcept
	{
		return std::memcmp(a.bytes_.bytes, b.bytes_.bytes, sizeof a.bytes_.bytes) == 0;
	}
	friend bool operator!=(const id &a, const id &b) noexcept { return !(a == b); }
	friend bool operator<(const id &a, const id &b) noexcept
	{
		return std::memcmp(a.bytes_.bytes, b.bytes_.bytes, sizeof a.bytes_.bytes) < 0;
	}
	template <class Char>
	friend std::basic_ostream<Char> &operator<<(std::basic_ostream<Char> &stream, const id &i)
	{
		return stream << i.str().c_str();
	}

private:
	headway_id bytes_;
};

/* ---- snapshots --------------------------------------------------------------------------------------- */

struct message {
	std::string_view key, value;
};

/* The messages of a snapshot, in their order. */
class message_list
{
public:
	class iterator
	{
	public:
		using iterator_category = std::input_iterator_tag;
		using value_type = message;
		using difference_type = std::ptrdiff_t;
		using pointer = void;
		using reference = message;

		explicit iterator(const struct headway_message *at) noexcept : at_(at) {}
		message operator*() const noexcept { return {at_->key, at_->value}; }
		iterator &operator++() noexcept
		{
			++at_;
			return *this;
		}
		iterator operator++(int) noexcept { return iterator(at_++); }
		bool operator==(const iterator &other) const noexcept { return at_ == other.at_; }
		bool operator!=(const iterator &other) const noexcept { return at_ != other.at_; }

	private:
		const struct headway_message *at_;
	};

	explicit message_list(const headway_snapshot &s) noexcept
	    : first_(s.messages), size_(s.message_count)
	{
	}
	iterator begin() const noexcept { return iterator(first_); }
	iterator end() const noexcept { return iterator(first_ + size_); }
	std::size_t size() const noexcept { return size_; }
	message operator[](std::size_t i) const noexcept
	{
		return {first_[i].key, first_[i].value};
	}
	/* The value of that key, if there is one. */
	std::optional<std::string_view> operator[](std::string_view key) const noexcept
	{
		for (const message m : *this)
			if (m.key == key)
				return m.value;
		return std::nullopt;
	}

private:
	const struct headway_message *first_;
	std::size_t size_;
};

/*
 * One version of a record, whole.  Its functions return views, valid until the snapshot is read into again
 * or destroyed.  Members of the C structure are snapshot->done and so on.
 */
class snapshot
{
public:
	snapshot() noexcept = default;
	snapshot(snapshot &&other) noexcept
	    : s_(std::exchange(other.s_, nullptr)), lent_(other.lent_)
	{
	}
	snapshot &operator=(snapshot &&other) noexcept
	{
		std::swap(s_, other.s_);
		std::swap(lent_, other.lent_);
		return *this;
	}
	snapshot(const snapshot &) = delete;
	snapshot &operator=(const snapshot &) = delete;
	~snapshot()
	{
		if (!lent_)
			headway_snapshot_free(s_);
	}

	/* Whether nothing was read into it yet; other calls need a snapshot that is not empty. */
	bool empty() const noexcept { return !s_; }
	const headway_snapshot *operator->() const noexcept { return s_; }
	const headway_snapshot &operator*() const noexcept { return *s_; }

	headway::id id() const noexcept { return s_->id; }
	int status() const noexcept { return s_->status; }
	std::string_view name() const noexcept { return s_->name; }
	std::string_view unit() const noexcept { return s_->unit; }
	std::string_view url() const noexcept { return s_->url; }
	std::optional<headway::id> parent() const noexcept
	{
		return s_->parent ? std::optional<headway::id>(*s_->parent) : std::nullopt;
	}
	message_list messages() const noexcept { return message_list(*s_); }
	/* One JSON value, if it was set. */
	std::optional<std::string_view> results() const noexcept
	{
		if (!s_->results)
			return std::nullopt;
		return std::string_view(s_->results, s_->results_length);
	}
	/* Why the owner was asked to stop, if it was. */
	std::optional<std::string_view> cancel_reason() const noexcept
	{
		return s_->cancel_reason ? std::optional<std::string_view>(s_->cancel_reason)
					 : std::nullopt;
	}
	std::uint64_t done() const noexcept { return s_->done; }
	std::uint64_t total() const noexcept { return s_->total; }
	/* The named counter of that name, if there is one. */
	std::optional<std::uint64_t> counter(std::string_view name) const noexcept
	{
		for (std::size_t i = 0; i < s_->counter_count; i++)
			if (name == s_->counter_names[i])
				return s_->counters[i];
		return std::nullopt;
	}
	/* The full view and the status view, with a newline at the end.  Allocates. */
	std::string json() const { return text(headway_json_full, "headway_json_full"); }
	std::string status_json() const { return text(headway_json, "headway_json"); }

private:
	friend class arena;

	/* Of headway_each(), which frees it. */
	explicit snapshot(const headway_snapshot *lent) noexcept
	    : s_(const_cast<headway_snapshot *>(lent)), lent_(true)
	{
	}

	std::string text(int (*write)(const headway_snapshot *, char *, std::size_t),
			 const char *call) const
	{
		std::string out(512, '\0');

		for (;;) {
			/* Room for the NUL, which &out[size] may hold. */
			int length = detail::checked(write(s_, &out[0], out.size() + 1), call);
			bool fits = static_cast<std::size_t>(length) <= out.size();

			out.resize(static_cast<std::size_t>(length));
			if (fits)
				return out;
		}
	}

	headway_snapshot *s_ = nullptr;
	bool lent_ = false;
};

} // namespace headway

template <> struct std::hash<headway::id> {
	std::size_t operator()(const headway::id &i) const noexcept
	{
		std::size_t h;

		/* Bytes 8 to 15 are random. */
		std::memcpy(&h, i.get()->bytes + 8, sizeof h);
		return h;
	}
};

#endif

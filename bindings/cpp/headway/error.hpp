/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors, and texts for the C library.  Included by <headway.hpp>. */
#ifndef HEADWAY_ERROR_HPP
#define HEADWAY_ERROR_HPP

/* The header is C: it has C's casts, a structure and a function of one name, and reads a handle's first
 * members through a cast. */
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wcast-align"
#endif
#include <headway.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

namespace headway
{

namespace detail
{
class errno_category final : public std::error_category
{
public:
	const char *name() const noexcept override { return "headway"; }
	std::string message(int code) const override { return headway_strerror(code); }
	/* std::errc::no_space_on_device and the like compare equal. */
	std::error_condition default_error_condition(int code) const noexcept override
	{
		return {code, std::generic_category()};
	}
};
} // namespace detail

/* The category of headway::error's codes: errno values with headway_strerror()'s texts. */
inline const std::error_category &category() noexcept
{
	/* Never destroyed, so that errors are valid until the program has ended. */
	alignas(detail::errno_category) static unsigned char place[sizeof(detail::errno_category)];
	static const auto *the_one = new (place) detail::errno_category;

	return *the_one;
}

/* An error code from what a C call returned; the sign does not matter. */
inline std::error_code make_error_code(int code) noexcept
{
	return {code < 0 ? -code : code, category()};
}

class error : public std::system_error
{
public:
	error(int code, const char *call) : std::system_error(make_error_code(code), call) {}
	/* The errno value, positive as in <cerrno>. */
	int number() const noexcept { return code().value(); }
};

namespace detail
{
[[noreturn]] __attribute__((cold, noinline)) inline void fail(int code, const char *call)
{
#if defined(__cpp_exceptions)
	throw error(code, call);
#else
	static_cast<void>(code);
	static_cast<void>(call);
	std::terminate();
#endif
}

inline int checked(int code, const char *call)
{
	if (__builtin_expect(code < 0, 0))
		fail(code, call);
	return code;
}

/*
 * A copy of a text with a NUL at its end, for C calls that need one.  Allocates for 200 bytes and more.
 * error() is -EINVAL if the text contains a NUL, -ENOMEM, or 0.  A default std::string_view is NULL.
 */
class terminated
{
public:
	explicit terminated(std::string_view text) noexcept
	{
		if (!text.data())
			return;
		if (text.size() >= sizeof short_ &&
		    !(long_ = static_cast<char *>(std::malloc(text.size() + 1)))) {
			error_ = -ENOMEM;
			return;
		}
		text_ = long_ ? long_ : short_;
		if (!text.empty())
			std::memcpy(text_, text.data(), text.size());
		text_[text.size()] = '\0';
		if (text.find('\0') != text.npos)
			error_ = -EINVAL;
	}
	~terminated() { std::free(long_); }
	terminated(const terminated &) = delete;
	terminated &operator=(const terminated &) = delete;

	int error() const noexcept { return error_; }
	const char *c_str() const noexcept { return text_; }

private:
	int error_ = 0;
	char *text_ = nullptr;
	char *long_ = nullptr;
	char short_[200];
};
} // namespace detail

} // namespace headway

#endif

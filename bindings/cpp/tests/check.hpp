/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks that print a failure and go on, and an arena that is removed at the end. */
#ifndef HEADWAY_CPP_TESTS_CHECK_HPP
#define HEADWAY_CPP_TESTS_CHECK_HPP

#include <headway.hpp>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

inline int failures;

template <class A, class B>
void check_equal(const char *file, int line, const char *text, const A &value, const B &expected)
{
	if (value == expected)
		return;
	failures++;
	std::cout << file << ':' << line << ": " << text << " is '" << value << "', expected '"
		  << expected << "'\n";
}

#define CHECK_IS(value, expected) check_equal(__FILE__, __LINE__, #value, (value), (expected))
#define CHECK(condition)          check_equal(__FILE__, __LINE__, #condition, bool(condition), true)

/* The call throws headway::error with that errno, whose text has that part. */
#define CHECK_THROWS(call, expected, part)                                                         \
	do {                                                                                       \
		int number = 0;                                                                    \
		std::string said;                                                                  \
		try {                                                                              \
			call;                                                                      \
		} catch (const headway::error &e) {                                                \
			number = e.number();                                                       \
			said = e.what();                                                           \
		}                                                                                  \
		check_equal(__FILE__, __LINE__, #call, number, expected);                          \
		if (said.find(part) == said.npos)                                                  \
			check_equal(__FILE__, __LINE__, #call " says", said, std::string(part));   \
	} while (0)

inline std::string new_name()
{
	static int number;

	return "/headway-cpp-" + std::to_string(getpid()) + "-" + std::to_string(number++);
}

/* A small arena of its own. */
class test_arena : public headway::arena
{
public:
	explicit test_arena(const headway::options &how = small())
	    : headway::arena(headway::closed), name_(new_name())
	{
		if (int code = try_open(name_.c_str(), how)) {
			std::cout << name_ << ": " << headway_strerror(code) << '\n';
			std::exit(1);
		}
	}
	~test_arena() { try_unlink(name_.c_str()); }
	const std::string &name() const { return name_; }

	/* The record's status, and what it says under a key. */
	int status(const headway::id &i) const
	{
		headway::snapshot s;

		return try_read(i, s) ? -1 : s.status();
	}
	std::string said(const headway::id &i, std::string_view key) const
	{
		headway::snapshot s;

		if (try_read(i, s))
			return "(unreadable)";
		return std::string(s.messages()[key].value_or("(none)"));
	}

private:
	static headway::options small()
	{
		headway::options o;

		o.slots = 64;
		o.members = 8;
		return o;
	}
	std::string name_;
};

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headway for C++17 and later: the calls of <headway.h> as classes that clean up after themselves.
 *
 *     headway::arena arena;                                     // $HEADWAY_ARENA or /headway
 *     auto record = arena.start({"index", "files", 1000});
 *     record.message("Stage", "reading");
 *     record.add();
 *     record.finish(R"({"documents": 1000})");
 *
 * What is said in <headway.h> of threads, forks, signals, progress classes and limits counts here, too;
 * see there first.  Nothing is allocated but by the C library and where it is said.
 *
 * Errors: calls throw headway::error, a std::system_error whose code is the errno value and compares
 * with std::errc.  Each call that updates has a twin, try_…, that is noexcept and returns what the C
 * call returns: 0 or a count, or a negative errno.  arena::open(), start(), resume() and read() have
 * twins that take where to put the result, and where the standard library has std::expected, twins
 * that return one.  Built with -fno-exceptions, what would be thrown ends the program
 * (std::terminate), as it does in the standard library: call the twins.
 *
 * A record that is destroyed while it is Running becomes Error, with the text of the exception that
 * is on its way (see headway/unwinding.hpp), unless detach() was called.  That is for the process that
 * owns it: a forked child that destroys its copy leaves the record alone, and so does whoever opened it
 * by resume(), or started it as HEADWAY_DETACHED or for another owner.
 */
#ifndef HEADWAY_HPP
#define HEADWAY_HPP

#include "headway/arena.hpp"
#include "headway/track.hpp"

#endif

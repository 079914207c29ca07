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
 * Read <headway.h> first: what it says of threads, forks, signals, progress classes and limits is true of
 * these classes too.  Where a class allocates besides the C library, its comment says so.
 *
 * Errors: calls throw headway::error, a std::system_error whose code is the errno value and compares
 * with std::errc.  Each call that updates has a twin, try_…, which is noexcept and returns what the C
 * call returns: 0 or a count, or a negative errno.  The twins of arena::open(), start(), resume() and
 * read() take a reference to the result; where the standard library has std::expected, there are also
 * twins that return one.  With -fno-exceptions, std::terminate() is called where the header would throw,
 * as the standard library does: call the twins.
 *
 * When a record's object is destroyed while the record is Running, the record becomes Error, with the text
 * of the exception that is unwinding the stack (see headway/unwinding.hpp).  It does not after detach(), in a
 * forked child that destroys its copy of the object, and for a record that was opened by resume(), or started
 * as HEADWAY_DETACHED or for another owner.
 */
#ifndef HEADWAY_HPP
#define HEADWAY_HPP

#include "headway/arena.hpp"
#include "headway/track.hpp"

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the text of the exception that is unwinding the stack.  Included by <headway.hpp>.
 *
 * A destructor can find out that an exception is unwinding the stack (std::uncaught_exceptions), but not
 * which one: std::current_exception() returns only caught ones.  The exception's text is what readers of
 * the record need, so this file looks for the exception where the C++ ABI keeps it:
 *
 *   The code that runs destructors (a landing pad) receives the address of the exception's
 *   _Unwind_Exception, and passes it to _Unwind_Resume() afterwards.  In between, the address is in a
 *   register that calls preserve, or in the frame of that function.
 *
 * The unwinder walks the frames from here outwards.  A word in a frame counts as such an address if it points
 * to a C++ exception that has references and was thrown but not caught.  Memory is read by a system call, which
 * fails where none is mapped.  Of several exceptions, the one with the nearest handler runs this destructor:
 * one that was thrown later, by another destructor, must be caught there.  The exception is then
 * rethrown and caught here (std::rethrow_exception), to get its text.
 *
 * This works on 64-bit x86 and Arm, with libstdc++ or libc++abi, whose layouts are fixed by their ABI.
 * Elsewhere, and when no exception is found, thrown_text() returns false.
 */
#ifndef HEADWAY_UNWINDING_HPP
#define HEADWAY_UNWINDING_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <cstdlib>
#include <string>
#include <typeinfo>

#if defined(__cpp_exceptions) && defined(__LP64__) && defined(__linux__) &&                        \
	(defined(__x86_64__) || defined(__aarch64__))
#define HEADWAY_HAS_UNWINDING 1
#include <cxxabi.h>
#include <sys/uio.h>
#include <unistd.h>
#include <unwind.h>
#endif

namespace headway::detail
{

#if defined(HEADWAY_HAS_UNWINDING)

/* The header of an exception in the C++ ABI, from its type on.  The thrown object follows it. */
struct exception_header {
	std::uintptr_t type; /* in libstdc++'s dependent exceptions: the primary's object */
	std::uintptr_t destructor, unexpected, terminate, next;
	std::int32_t caught; /* by how many handlers; 0 or less while it unwinds the stack */
	std::int32_t handler_switch;
	std::uintptr_t action, data, landing_pad, adjusted;
	struct {
		std::uint64_t exception_class;
		std::uintptr_t cleanup, private_1;
		std::uintptr_t handler; /* private_2: the frame that will catch it */
	} unwind;                       /* its address is what a landing pad receives */
};
static_assert(offsetof(exception_header, unwind) == 80 && sizeof(exception_header) == 112,
	      "the layout of the ABI");

/* How far before the type the reference count is.  libc++abi's dependent exceptions have the address of the
 * primary's object there. */
constexpr std::uintptr_t before_gnu = 16, before_clang = 8;

enum : std::uint64_t {
	class_gnu = 0x474e5543432b2b00,   /* GNUCC++, 0: of libstdc++ */
	class_clang = 0x434c4e47432b2b00, /* CLNGC++, 0: of libc++abi */
	class_dependent = 1               /* added for those that std::rethrow_exception() makes */
};

/* Reads memory of this process; false where none is mapped. */
inline bool read_memory(std::uintptr_t at, void *to, std::size_t bytes) noexcept
{
	iovec local = {to, bytes}, remote = {reinterpret_cast<void *>(at), bytes};

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

/* Reads the header whose member "unwind" is at that address. */
inline bool read_header(std::uintptr_t unwind, exception_header &h) noexcept
{
	return unwind % 16 == 0 && unwind > sizeof h &&
	       read_memory(unwind - offsetof(exception_header, unwind), &h, sizeof h);
}

/* Whether the exception is not freed yet: its reference count is plausible. */
inline bool is_held(std::uintptr_t unwind, const exception_header &h) noexcept
{
	const std::uintptr_t type = unwind - offsetof(exception_header, unwind);
	std::uint32_t gnu = 0;
	std::uint64_t holders = 0;

	if (h.unwind.exception_class == class_gnu && read_memory(type - before_gnu, &gnu, 4))
		holders = gnu;
	else if (h.unwind.exception_class == class_clang)
		read_memory(type - before_clang, &holders, 8);
	return holders > 0 && holders < 4096;
}

struct thrown {
	std::uintptr_t object, handler;
};

/* Whether the member "unwind" of a C++ exception that is thrown and not caught is at that address. */
inline bool is_thrown(std::uintptr_t unwind, thrown &found) noexcept
{
	constexpr std::uintptr_t to_object = sizeof(exception_header::unwind);
	constexpr std::uintptr_t from_type = offsetof(exception_header, unwind);
	exception_header h, primary;

	if (!read_header(unwind, h) || h.caught > 0)
		return false;
	found = {unwind + to_object, h.unwind.handler};
	if (is_held(unwind, h))
		return true;
	if (h.unwind.exception_class == (class_gnu | class_dependent))
		found.object = h.type;
	else if (h.unwind.exception_class != (class_clang | class_dependent) ||
		 !read_memory(unwind - from_type - before_clang, &found.object, 8))
		return false;
	return read_header(found.object - to_object, primary) &&
	       is_held(found.object - to_object, primary);
}

struct frame_walk {
	thrown nearest;       /* object 0: none found yet */
	std::uintptr_t first; /* where the first frame begins */
	std::uintptr_t frame; /* where the present frame begins */
	int frames;
	bool are_two; /* two exceptions have handlers in one frame: they cannot be told apart */

	void look_at(std::uintptr_t word) noexcept
	{
		thrown found;

		if (word % 16 || (word >= frame && word - frame < (1u << 20)) ||
		    !is_thrown(word, found) || found.handler <= first)
			return;
		if (!nearest.object || found.handler < nearest.handler) {
			nearest = found;
			are_two = false;
		} else if (found.handler == nearest.handler && found.object != nearest.object) {
			are_two = true;
		}
	}
	/* Looks at the words of the present frame, which ends at end; at the first 32 KB of a larger one. */
	void look_through(std::uintptr_t end) noexcept
	{
		std::uintptr_t words[64], at = frame;

		for (int part = 0; at < end && part < 64; part++) {
			std::size_t count = (end - at) / sizeof *words;

			count = count < 64 ? count : 64;
			if (!count || !read_memory(at, words, count * sizeof *words))
				return;
			for (std::size_t i = 0; i < count; i++)
				look_at(words[i]);
			at += count * sizeof *words;
		}
	}
	static _Unwind_Reason_Code step(_Unwind_Context *context, void *argument) noexcept
	{
		frame_walk *walk = static_cast<frame_walk *>(argument);
#if defined(__x86_64__)
		const int preserved[] = {3, 6, 12, 13, 14, 15}; /* rbx, rbp, r12 to r15 */
#else
		const int preserved[] = {19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29};
#endif
		std::uintptr_t end = _Unwind_GetCFA(context);

		if (walk->frame)
			walk->look_through(end);
		else
			walk->first = end;
		walk->frame = end;
		for (int r : preserved)
			walk->look_at(_Unwind_GetGR(context, r));
		if (walk->nearest.object && end > walk->nearest.handler)
			return _URC_END_OF_STACK; /* outer frames have no nearer handler */
		return ++walk->frames < 128 ? _URC_NO_REASON : _URC_END_OF_STACK;
	}
};

inline void copy_text(char *to, std::size_t size, const char *prefix, const char *text) noexcept
{
	std::size_t at = 0;

	for (const char *part : {prefix, text})
		for (; part && *part && at + 1 < size; part++)
			to[at++] = *part;
	to[at] = '\0';
}

/* The text of the exception that is being handled. */
inline void handled_text(char *text, std::size_t size) noexcept
{
	try {
		throw;
	} catch (const std::exception &e) {
		copy_text(text, size, nullptr, e.what());
	} catch (const std::string &s) {
		copy_text(text, size, nullptr, s.c_str());
	} catch (const char *s) {
		copy_text(text, size, nullptr, s);
	} catch (...) {
		const std::type_info *type = abi::__cxa_current_exception_type();
		char *name = type ? abi::__cxa_demangle(type->name(), nullptr, nullptr, nullptr)
				  : nullptr;

		copy_text(text, size, "exception of type ", name ? name : "unknown");
		std::free(name);
	}
}

/* The text of the exception that is unwinding the stack and runs the caller, a destructor.  False: not found. */
__attribute__((cold, noinline)) inline bool thrown_text(char *text, std::size_t size) noexcept
{
	frame_walk walk = {{0, 0}, 0, 0, 0, false};
	std::exception_ptr lent, held;

	static_assert(sizeof lent == sizeof walk.nearest.object,
		      "an exception_ptr is a pointer to the object");
	_Unwind_Backtrace(frame_walk::step, &walk);
	if (!walk.nearest.object || walk.are_two)
		return false;
	std::memcpy(static_cast<void *>(&lent), &walk.nearest.object, sizeof lent);
	held = lent; /* this copy takes a reference; lent has none, and must not drop one */
	std::memset(static_cast<void *>(&lent), 0, sizeof lent);
	try {
		std::rethrow_exception(held);
	} catch (...) {
		handled_text(text, size);
	}
	return true;
}

#else

inline bool thrown_text(char *, std::size_t) noexcept
{
	return false;
}

#endif

} // namespace headway::detail

#endif

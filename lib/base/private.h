/* SPDX-License-Identifier: BSD-3-Clause */
/* The only public header is <headway.h>. Every other header of lib/ includes this file, directly or
 * indirectly, and so compiles only in the library and in the tests of its modules, for which the
 * Makefile defines HW__INTERNAL. */
#ifndef HW__INTERNAL
#error "this header is private to the library: include <headway.h>"
#endif

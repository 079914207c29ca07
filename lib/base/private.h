/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one way into the library is <headway.h>.  Every other header of lib/ includes this file, itself or
 * through another, and so compiles only in the library and in the tests of its modules: the Makefile
 * defines HW__INTERNAL for these.
 */
#ifndef HW__INTERNAL
#error "this header is private to the library: include <headway.h>"
#endif

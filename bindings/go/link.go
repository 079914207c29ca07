// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package headway

// In the source tree the library is the one that make has built, or, if there is none, the one in the compiler's
// own folders.  `make install` replaces this file by one that uses pkg-config.

// #cgo CFLAGS: -I${SRCDIR}/../../lib
// #cgo LDFLAGS: -L${SRCDIR}/../../build/release -l:libheadway.a -lpthread
import "C"

// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package headway

// In the source tree the library is the one that make has built; elsewhere, and if it is not there, the
// compiler's own folders are searched.  `make install` puts a file in this one's place that asks pkg-config.

// #cgo CFLAGS: -I${SRCDIR}/../../lib
// #cgo LDFLAGS: -L${SRCDIR}/../../build/release -l:libheadway.a -lpthread
import "C"

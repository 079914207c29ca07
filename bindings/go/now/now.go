// SPDX-License-Identifier: BSD-3-Clause

// Package now is the clock of package progress, which a test can set: it stands for go.skia.org/infra/go/now in
// programs that are moved from there.
package now

import (
	"context"
	"time"
)

// ContextKeyType is the type of ContextKey.
type ContextKeyType string

// ContextKey is the key of a context's value, a time.Time or a NowProvider, that Now returns instead of the time.
const ContextKey ContextKeyType = "overwriteNow"

// NowProvider is asked for the time each time.
type NowProvider func() time.Time

// Now is the time, or what the context says instead.
func Now(ctx context.Context) time.Time {
	switch value := ctx.Value(ContextKey).(type) {
	case time.Time:
		return value
	case NowProvider:
		return value()
	}
	return time.Now()
}

// SPDX-License-Identifier: BSD-3-Clause

// Package now is the clock of package progress, which a test can set.  It replaces go.skia.org/infra/go/now.
package now

import (
	"context"
	"time"
)

// ContextKeyType is the type of ContextKey.
type ContextKeyType string

// ContextKey is the key of a context's value, a time.Time or a NowProvider, that Now returns instead of the time.
const ContextKey ContextKeyType = "overwriteNow"

// NowProvider is called by each call of Now, and returns the time.
type NowProvider func() time.Time

// Now returns the time, or the time that the context has under ContextKey.
func Now(ctx context.Context) time.Time {
	switch value := ctx.Value(ContextKey).(type) {
	case time.Time:
		return value
	case NowProvider:
		return value()
	}
	return time.Now()
}

// SPDX-License-Identifier: BSD-3-Clause

//go:build !cgo

package progress

// mirror is the record of a Progress: without cgo there is none.
type mirror struct{}

func newMirror() mirror                            { return mirror{} }
func (mirror) message(key, value string)           {}
func (mirror) results(interface{}, bool)           {}
func (mirror) error(string)                        {}
func (mirror) finish()                             {}
func (mirror) finishWithResults(interface{}, bool) {}
func (mirror) url(string)                          {}
func (mirror) id() string                          { return "" }

//go:build wasip1

// Package export_bugle_task_entry is what the generated bindings call for the contract's entry.
package export_bugle_task_entry

import (
	details "bugle/internal/bindings/bugle_task_trigger_details"
	contract "bugle/internal/bindings/bugle_task_types"
	"bugle/internal/wit/types"
)

// Run is set by package bugle.
var Run func(details.Trigger) types.Result[types.Unit, contract.TaskError]

/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TOOLS_SCHEMA_H
#define TOOLS_SCHEMA_H

extern const char dump_schema[]; /* the JSON Schema of the full view */

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* GET <base>: all records, or a selection, as a JSON array or as one line each. */
#ifndef HTTPD_LIST_H
#define HTTPD_LIST_H

#include "answer/request.h"

enum MHD_Result list_get(struct request *);

#endif

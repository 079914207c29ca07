/* SPDX-License-Identifier: BSD-3-Clause */
/* GET <base>: all records, or those that are asked for, as JSON or a line each. */
#ifndef HTTPD_LIST_H
#define HTTPD_LIST_H

#include "answer/request.h"

enum MHD_Result list_get(struct request *);

#endif

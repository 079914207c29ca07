/* SPDX-License-Identifier: BSD-3-Clause */
/* GET /_/hosts: the hosts of a fleet. */
#ifndef HTTPD_HOSTS_H
#define HTTPD_HOSTS_H

#include "answer/request.h"

enum MHD_Result hosts_get(struct request *);

#endif

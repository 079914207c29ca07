/* SPDX-License-Identifier: BSD-3-Clause */
/* The floor: libmicrohttpd sends a constant text. Usage: bare < TEXT; prints its port. */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <unistd.h>

static char text[1 << 23];
static size_t length;

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload_data,
			      size_t *upload_size, void **context)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	(void)cls, (void)url, (void)method, (void)version, (void)upload_data, (void)upload_size;
	if (!*context) {
		*context = text;
		return MHD_YES;
	}
	response = MHD_create_response_from_buffer(length, text, MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(response, "Content-Type", "application/json");
	result = MHD_queue_response(connection, 200, response);
	MHD_destroy_response(response);
	return result;
}

int main(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct MHD_Daemon *server;

	length = fread(text, 1, sizeof(text), stdin);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, NULL,
				  MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT,
				  1000u, MHD_OPTION_END);
	if (!server)
		return 1;
	printf("%u\n", MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	pause();
	return 0;
}

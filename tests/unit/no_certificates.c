/* SPDX-License-Identifier: BSD-3-Clause */
/* Criterion starts a process for each test, and each time its libgit2 parses all certificates of
 * the machine, for connections that are never made: a fifth of the time of these tests. This
 * function replaces that of mbedTLS, since the program comes first in symbol lookup. */
__attribute__((visibility("default"))) int mbedtls_x509_crt_parse_file(void *chain,
								       const char *path);

int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	(void)chain;
	(void)path;
	return 0;
}

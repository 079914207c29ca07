/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Criterion starts a process a test, and its libgit2 reads all certificates of the machine at each start:
 * a fifth of the time of these tests, for connections that nobody makes.  This comes before mbedTLS' own.
 */
__attribute__((visibility("default"))) int mbedtls_x509_crt_parse_file(void *chain,
								       const char *path);

int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	(void)chain;
	(void)path;
	return 0;
}
